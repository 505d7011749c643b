"""What can be made again from the photos, kept between runs: where it lies, what shows that it is still true, how it is cleared."""
