"""From a list of layers to a Keras model."""
