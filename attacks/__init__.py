"""Attacks on tltool: hostile and damaged files of every kind that it reads, kills, full disks and crowds; run by hand and every night.

    python -m attacks [CAMPAIGN …] [--scale S] [--seed N]

Each campaign is one file here, with one function that yields a ``Case`` per thing tried. The table at the end says how many of each were
tried, and how many survived.
"""
