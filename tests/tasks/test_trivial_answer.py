import pytest

from dltool.tasks.trivial_answer import worse_than_trivial

TRIVIAL = {"loss": 0.69, "accuracy": 0.9, "recall": 1.0, "validation_loss": 0.7, "validation_accuracy": 0.9}


@pytest.mark.parametrize(
    ("metrics", "options", "worse"),
    [
        ({"loss": 0.7, "accuracy": 0.95, "recall": 0.2}, {}, ["loss"]),
        ({"loss": 0.7, "accuracy": 0.85}, {"penalised": True}, ["accuracy"]),
        ({"loss": 0.7, "accuracy": 0.85}, {"weighted": True}, []),
        ({"loss": 0.6, "accuracy": 0.85}, {"decided": True}, []),
        ({"loss": 0.7, "accuracy": 0.85}, {"decided": True}, ["loss"]),
        ({"loss": 9.0, "validation_loss": 0.3, "validation_accuracy": 0.8}, {}, ["validation_accuracy"]),
        ({"loss": 0.69 * (1 + 1e-9), "accuracy": 0.9}, {}, []),  # rounding
        ({"loss": float("nan")}, {}, ["loss"]),
    ],
)
def test_what_is_worse_than_the_trivial_answer(metrics, options, worse):
    assert worse_than_trivial(metrics, TRIVIAL, **options) == worse
    assert worse_than_trivial(metrics, dict.fromkeys(TRIVIAL), **options) == []
