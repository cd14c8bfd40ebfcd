"""Explanations made by hand: of a table and of an image."""

import numpy as np

from dltool.inference.explanation import Attribution, Change, Dependence, Example, Explanation, Importance


def of_table(name="test", column="<size>", **others):
    """Return the explanation of two columns, of which the second tells nothing, and of one row."""
    importances = (
        Importance(column, {"loss": Change(0.5, 0.1), "accuracy": Change(-0.25, 0.05)}),
        Importance("noise", {"loss": Change(-0.001, 0.002), "accuracy": Change(0.0, 0.0)}),
    )
    dependences = (
        Dependence(column, False, ("1", "2"), (1.0, 2.0), False, ("probability of cat",), ((0.25, 0.75),),
                   ((0.1, 0.2),), ((0.5, 0.9),)),
        Dependence("colour", True, ("red", "$x$"), (0.0, 1.0), False, ("probability of cat", "probability of dog"),
                   ((0.25, 0.75), (0.5, 0.5)), ((0.1, 0.2), (0.5, 0.5)), ((0.5, 0.9), (0.5, 0.5))),
        Dependence("sold", False, ("2021-03-01", "2021-03-31"), (18687.0, 18717.0), True, ("probability of cat",),
                   ((0.5, 0.625),), ((0.5, 0.5),), ((0.75, 0.75),)),
    )  # fmt: skip
    attributions = (Attribution("probability of cat", 0.875, 0.5, np.array([0.5, -0.125]), 2.5e-4, 64, None),)
    examples = (Example("7", "surest mistake", "dog", ("1.5", "-3"), None, attributions),)
    found = {
        "name": name, "kind": "columns", "columns": (column, "noise"), "measured": "test", "measured_rows": 30,
        "loss_unit": "",
        "importances": importances, "dependences": dependences, "examples": examples,
        "method": "Integrated gradients.", "left_out": ("something: for a reason",),
    }  # fmt: skip
    return Explanation(**found | others)


def of_images(size=6, channels=1):
    """Return the explanation of one image of noise, with Grad-CAM."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (size, size, channels)).astype("uint8")
    attribution = Attribution(
        "probability of cat", 0.875, 0.5, rng.normal(size=(size, size)), 2.5e-4, 64, rng.uniform(0, 1, (size, size))
    )
    examples = (Example("cat.png", "", "", (), image, (attribution,)),)
    return of_table("photos", kind="pixels", columns=(), measured="", importances=(), dependences=(), examples=examples)
