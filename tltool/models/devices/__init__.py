"""The device that computes: found, told why it is not seen, tried out, and gone around where it cannot compile."""
