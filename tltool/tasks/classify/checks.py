"""What can be wrong with classes beside what ``checks`` looks at for every task: one that outweighs the others."""

from tltool.checks.classes import imbalance

CHECKS = (imbalance,)
