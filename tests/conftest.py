"""TensorFlow is started once, as the tool starts it, before any test imports Keras."""

from dltool.backend.start import start

start("cpu", 0)
