"""Backbones whose weights come with a Python package: the file found and checked, read without PyTorch, put into the network."""
