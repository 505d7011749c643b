"""The road from a Keras model to a .tflite file, whose steep part lies in the worker."""
