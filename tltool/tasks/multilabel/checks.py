"""What can be wrong with several labels."""
