"""TensorFlow is started once, as the tool starts it, before any test imports Keras."""

import os
import signal
import tempfile

from dltool.backend.start import start

# The key by which runs are known as this user's own is none of the developer's.
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="dltool-tests-")

start("cpu", 0)

# Processes inherit what is ignored, as it is behind `nohup` or `&`; some tests send these and wait for the answer.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
