"""Everything that a command imports, so that its process has it already; runs no operation of TensorFlow."""

from dltool.backend.start import _load, _native_output_hidden

with _native_output_hidden():
    _load()

import dltool.__main__
import dltool.api
import dltool.api.training_run
import dltool.cli
import dltool.data.npz  # noqa: F401
