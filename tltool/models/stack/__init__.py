"""A stack of convolutions from scratch: its shapes, worked out before anything is built, and its layers."""
