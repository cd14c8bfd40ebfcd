"""What runs and sweeps have left behind: listed, compared, repeated."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dltool.api.training import train
from dltool.contracts.events import Event, unobserved
from dltool.errors import DataError

if TYPE_CHECKING:
    from dltool.analysis.compare import Comparison
    from dltool.analysis.listing import Entry
    from dltool.analysis.reproduce import Reproduction
    from dltool.runs.run import Run


def list_runs(folder: str | Path = "runs") -> tuple[list[Entry], list[str]]:
    """List the runs and sweeps right below a folder, or the trials of a sweep, the oldest first.

    Returns:
        The entries, and what is wrong with those that cannot be read.

    Raises:
        InputMissingError: There is no such folder.
    """
    from dltool.analysis.listing import list_entries

    return list_entries(Path(folder))


def compare(paths: str | Path | Sequence[str | Path], metric: str | None = None) -> Comparison:
    """Compare runs, and the points of sweeps, without TensorFlow.

    Args:
        paths: Of run directories and sweep directories, or of one sweep.
        metric: As in a sweep file, of the validation part where all of them have one. By default the objective where
            there is but one sweep to compare, else ``validation_loss`` where all of them have it, else ``loss``.

    Raises:
        DltoolError: There are fewer than two, they lack the metric, or a file cannot be used.
    """
    from dltool.analysis.compare import compare as compared

    return compared([Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)], metric)


def reproduce(
    run: Run | str | Path,
    run_dir: str | Path | None = None,
    *,
    observe: Callable[[Event], None] = unobserved,
) -> Reproduction:
    """Train the stored config of a finished run again, on the same device, and compare the two.

    Args:
        run: The run, its directory, or that of a sweep, for its best run.
        run_dir: The directory to create; by default one that is removed afterwards.
        observe: As for ``train``.

    Raises:
        DltoolError: The run is not finished, or anything that ``train`` raises.
    """
    from dltool.analysis.records import open_run
    from dltool.analysis.reproduce import compare_again
    from dltool.config.status import FINISHED
    from dltool.interruptions import interruptions
    from dltool.runs.run import Run

    before = run if isinstance(run, Run) else open_run(run)
    facts = before.read_facts()
    if facts.status not in FINISHED:
        raise DataError(f"{before.path} has not come to its end ({facts.status}), so there is nothing to reproduce")
    if not facts.device:
        raise DataError(f"{before.facts_path} does not say on which device the run was trained")
    device = facts.device.split(" ")[0]
    with interruptions(), tempfile.TemporaryDirectory(prefix="dltool-") as folder:
        config, run_dir = before.own_config(), run_dir or Path(folder, "run")
        again = train(config, run_dir, device=device, threads=facts.threads, xla=facts.xla, observe=observe)
        return compare_again(before, again)
