"""``compare`` as scripts see it."""

import csv
import io
import json

import pytest

from tests.support.sweeps import SWEEP


def test_compare_in_its_three_forms(program, runs):
    shown = program.run(["compare", "narrow", "wide"], runs)
    assert (shown.code, shown.err) == (0, "")
    assert "against wide, the best of them" in shown.out
    facts = json.loads(program.run(["compare", "narrow", "wide", "--json"], runs).out)
    assert (facts["metric"], facts["direction"], facts["best"]) == ("validation_loss", "min", "wide")
    assert facts["selected_on"] == "validation"
    losses = [json.loads((runs / name / "metrics.jsonl").read_text().splitlines()[-1]) for name in ("wide", "narrow")]
    assert [each["mean"] for each in facts["standings"]] == [each["validation_loss"] for each in losses]
    done = program.run(["compare", "narrow", "wide", "--csv"], runs)
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [(row["run"], row["model.hidden_units[0]"]) for row in rows] == [("wide", "16"), ("narrow", "1")]
    assert [float(row["validation_loss"]) for row in rows] == [each["mean"] for each in facts["standings"]]
    assert float(rows[1]["low"]) == facts["differences"][0]["interval"]["low"]
    lacking = program.run(["compare", "narrow", "wide", "--metric", "auc"], runs)
    assert (lacking.code, lacking.out) == (2, "")
    assert "not all of them have the metric 'auc'; in common: loss, validation_loss" in lacking.err


def test_compare_names_the_best_point_of_a_sweep_as_its_report_does(program, sweep, tmp_path):
    sweep(SWEEP, outcomes={6: ["diverge"]})
    facts = json.loads(program.run(["compare", "out", "--json"], tmp_path).out)
    assert [(each["name"], each["runs"], each["trials"]) for each in facts["standings"]] == [
        ("out point 4", 2, 2), ("out point 1", 2, 2), ("out point 2", 2, 2), ("out point 3", 1, 2),
    ]  # fmt: skip
    assert (facts["best"], facts["selected_on"]) == ("out point 4", "training")
    assert facts["standings"][0]["mean"] == pytest.approx(0.01 / 20)
    verdicts = {each["name"]: each["verdict"] for each in facts["differences"]}
    # Both seeds of a point have the same loss on paper, so that any difference is beyond noise.
    assert verdicts == {"out point 1": "worse", "out point 2": "worse", "out point 3": "unknown"}
