"""Everything that a command imports, so that its process has it already; runs no operation of TensorFlow."""

from dltool.backend.start import _load, _native_output_hidden

with _native_output_hidden():
    _load()

import dltool.__main__
import dltool.api
import dltool.cli
import dltool.data.npz
import dltool.inference.evaluate
import dltool.inference.files
import dltool.model.build
import dltool.report.run
import dltool.runs.recorder
import dltool.training.train  # noqa: F401
