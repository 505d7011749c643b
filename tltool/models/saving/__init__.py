"""A model on disk, and what a file of others must prove before Keras may read it."""
