"""``calibrate`` as scripts see it."""

import json
import shutil


def test_calibrate_prints_what_became_of_the_probabilities(trainer, runs, tmp_path):
    shutil.copytree(runs / "wide", tmp_path / "wide")
    done = trainer.run(["calibrate", "wide", "--json"], tmp_path)
    assert done.code == 0, done.err
    facts = json.loads(done.out)
    assert facts == json.loads((tmp_path / "wide" / "run.json").read_text())["calibration"]
    assert facts["negative_log_likelihood_after"] < facts["negative_log_likelihood_before"]
    shown = trainer.run(["calibrate", "wide"], tmp_path)
    assert all(word in shown.out for word in ("before", "after", "expected calibration error", "95% interval"))
    evaluated = trainer.run(["evaluate", "wide", "--split", "validation", "--json"], tmp_path)
    assert json.loads(evaluated.out)["calibration"] == facts
    refused = trainer.run(["calibrate", "wide/model.keras"], tmp_path)
    assert (refused.code, refused.out) == (2, "")
    assert "model.keras" not in trainer.run(["calibrate", "--help"], tmp_path).out
