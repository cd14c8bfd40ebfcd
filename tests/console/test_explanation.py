import json
import re

import numpy as np

from dltool.console.explanation import explanation_facts, print_explanation
from tests.support.explained import of_images, of_table


def test_the_tables(printed):
    print_explanation(of_table(column="[red]"))
    out, err = printed()
    assert err == []
    assert ["column", "loss", "accuracy"] in out
    assert ["[red]", "+0.5", "±", "0.1", "-0.25", "±", "0.05"] in out
    row = next(line for line in out if line[:1] == ["7"])
    assert " ".join(row) == "7 surest mistake dog probability of cat 0.8750 0.5000 [red] = 1.5 +0.5 noise = -3 -0.125"
    assert ["left", "out:", "something:", "for", "a", "reason"] in out


def test_a_long_class_leaves_room_for_all_else(on_terminal):
    program = (
        "from dataclasses import replace\nfrom dltool.console.explanation import print_explanation\n"
        "from tests.support.explained import of_table\nfound = of_table()\n(example,) = found.examples\n"
        "answer = replace(example.attributions[0], output='probability of ' + 'b' * 90)\n"
        "print_explanation(replace(found, examples=(replace(example, true='a' * 90, attributions=(answer,)),)))\n"
    )
    written = re.sub(r"\x1b\[[0-9;]*m", "", on_terminal(program, columns=100))
    (row,) = (line for line in written.splitlines() if line.startswith("7 "))
    assert re.fullmatch(r"7 +surest mistake +a+… +probability of +0.8750 +0.5000 +<size> = 1.5 \+0.5", row.rstrip())
    assert len(row) <= 100


def test_without_columns_the_answers_alone(printed):
    print_explanation(of_images())
    out = printed()[0]
    assert not any("shuffling" in line for line in out)
    assert ["cat.png", "probability", "of", "cat", "0.8750", "0.5000"] in out


def test_the_facts_are_json_that_holds_everything():
    facts = json.loads(json.dumps(explanation_facts(of_table()), allow_nan=False))
    assert facts["importances"]["<size>"]["loss"] == {"mean": 0.5, "half_width": 0.1}
    assert facts["dependences"]["colour"]["means"] == [[0.25, 0.75], [0.5, 0.5]]
    assert (facts["kind"], facts["columns"]) == ("columns", ["<size>", "noise"])
    assert facts["examples"][0]["values"] == ["1.5", "-3"]
    assert (facts["examples"][0]["why"], facts["examples"][0]["true"]) == ("surest mistake", "dog")
    (attribution,) = facts["examples"][0]["attributions"]
    assert (attribution["values"], attribution["steps"]) == ([0.5, -0.125], 64)
    made = of_images()
    (attribution,) = explanation_facts(made)["examples"][0]["attributions"]
    np.testing.assert_array_equal(attribution["grad_cam"], made.examples[0].attributions[0].grad_cam)
