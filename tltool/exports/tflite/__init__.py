"""A Keras model → a .tflite file: converted, quantized, described inside, and looked into."""
