"""Photos that show the same picture: candidates found in small sketches, then laid over one another."""
