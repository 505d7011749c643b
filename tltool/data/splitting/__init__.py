"""Train, validation and test: who goes where, what belongs together, and what a split lets through."""
