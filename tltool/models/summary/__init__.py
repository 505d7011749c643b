"""The arithmetic of a network, layer by layer, as records and as tables. No Keras is loaded for it."""
