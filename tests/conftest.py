"""TensorFlow is started once, as the tool starts it, before any test imports Keras."""

import signal

from dltool.backend.start import start

start("cpu", 0)

# Processes inherit what is ignored, as it is behind `nohup` or `&`; some tests send these and wait for the answer.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
