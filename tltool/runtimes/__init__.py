"""Exported models as functions from photos to probabilities, each in its own runtime. Neither Keras nor a run is needed."""
