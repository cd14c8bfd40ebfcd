import json

from dltool.console.plan import plan_facts, print_plan


def test_the_layers_and_the_work(plan, printed):
    print_plan(plan)
    out, err = printed()
    assert err == []
    assert ["layer", "output", "shape", "parameters", "memory"] in out
    assert ["conv2d", "26", "x", "26", "x", "32", "320", "1.2", "KiB"] in out
    assert ["flatten", "21632", "0", "0", "B"] in out
    assert ["total", "65,219", "254.8", "KiB"] in out
    assert ["rows", "1,000", "train,", "100", "validation"] in out
    assert ["classes", "3:", "cat,", "dog,", "<b>"] in out
    assert ["steps", "32", "an", "epoch", "(batches", "of", "32)"] in out


def test_the_same_for_a_program(plan):
    facts = json.loads(json.dumps(plan_facts(plan)))
    assert facts["layers"][0] == {
        "name": "conv2d",
        "type": "conv2d",
        "output_shape": [26, 26, 32],
        "parameters": 320,
        "bytes": 1280,
    }
    assert (facts["parameters"], facts["steps"], facts["batch_size"]) == (65219, 32, 32)
    assert facts["rows"] == {"train": 1000, "validation": 100, "test": 0, "folds": 0}
    assert facts["classes"] == ["cat", "dog", "<b>"]
