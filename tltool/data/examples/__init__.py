"""Data to try the tool on without a download."""
