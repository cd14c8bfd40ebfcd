"""``runs`` as scripts see it."""

import json
import shutil


def test_runs_lists_runs_sweeps_and_what_cannot_be_read(program, runs, sweep, tmp_path):
    sweep()
    shutil.copytree(runs / "wide", tmp_path / "wide")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text("{")
    done = program.run(["runs", ".", "--json"], tmp_path)
    assert done.code == 0
    found = {facts["path"]: facts for facts in map(json.loads, done.out.splitlines())}
    assert set(found) == {"out", "wide"}
    assert (found["out"]["done"], found["out"]["trials"], found["out"]["selected_on"]) == (8, 8, "training")
    assert (found["wide"]["epochs"], found["wide"]["selected_on"]) == (5, "validation")
    assert done.err.startswith("warning: broken/run.json: damaged")
    shown = program.run(["runs", "."], tmp_path)
    assert "8 of 8 trials" in shown.out
    assert "(training part)" in shown.out
    trials = program.run(["runs", "out", "--json"], tmp_path)
    assert len(trials.out.splitlines()) == 8
    empty = program.run(["runs", "broken"], tmp_path)
    assert (empty.code, empty.out, empty.err) == (0, "", "no runs in broken\n")
