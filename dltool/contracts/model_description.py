"""What a model file says of itself, held to the language: enough to build the network anew, and no more."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from dltool.config.field_types import Boolean, Spec
from dltool.config.layers import MOST_LAYERS, AnyLayer
from dltool.config.needs import TaskName
from dltool.config.normalization_layers import Normalization, Rescaling
from dltool.config.sequence_layers import Embedding
from dltool.config.table_format import TableFormat
from dltool.config.training import Training
from dltool.contracts.calibration import (
    LEAST_TEMPERATURE,
    MOST_TEMPERATURE,
    temperature_refusal,
    with_temperature,
)
from dltool.contracts.plan import Plan, chain
from dltool.contracts.residuals import Residuals
from dltool.contracts.signature import Rows, Signature


class ModelDescription(Spec):
    """A trained network without its weights: the member ``dltool.json`` of a model file.

    It names no file and holds no data, so that a model can be handed on alone.
    """

    signature: Signature
    """What goes in and comes out."""
    layers: Annotated[list[AnyLayer], Field(min_length=1, max_length=MOST_LAYERS)]
    """All layers that were trained, those that scale images and the output layer included."""
    training: Training
    """The loss and metrics tell what the outputs mean and how they are evaluated."""
    standardized: Boolean = False
    """Whether the network learnt targets of mean 0 and deviation 1."""
    table_format: TableFormat = TableFormat()
    """How a table to predict is written."""
    threshold: Annotated[float, Field(ge=0, lt=1)] | None = None
    """The probability above which the second of two classes is predicted; None for 0.5, and where there are no two."""
    temperature: Annotated[float, Field(ge=LEAST_TEMPERATURE, le=MOST_TEMPERATURE)] | None = None
    """What logits are divided by, by a layer behind those that were trained; None where they are as trained."""
    residuals: Residuals | None = None
    """How far off it is on the validation rows; None where there were none, training did not come to its end, or its
    answers are no numbers."""

    @cached_property
    def plan(self) -> Plan:
        """The layers with their shapes and parameters, for one example; those of a temperature included.

        Raises:
            ShapeError: they do not follow on one another.
        """
        specs = self.layers if self.temperature is None else with_temperature(self.layers, self.temperature)
        layers = tuple(chain(specs, self.signature))
        return Plan(layers, self.signature, Rows(1), batch_size=1, standardized=self.standardized)

    @property
    def logits_layer(self) -> str:
        """The name of the layer that divides the logits by the temperature, where there is one."""
        return next(each.name for each in reversed(self.plan.layers) if isinstance(each.spec, Rescaling))

    def changed(self, **fields: Any) -> ModelDescription:
        """Return it with other values of some fields."""
        return ModelDescription(**{name: getattr(self, name) for name in ModelDescription.model_fields} | fields)

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        signature = self.signature
        is_image = signature.input_dtype == "uint8"
        height_width_channels = signature.input_dtype == "uint8" and len(signature.input_shape) == 3
        first, loss = self.layers[0], self.training.loss
        tokens = first.input_dim if isinstance(first, Embedding) else None
        names = [column.name for column in signature.columns]
        numbers, residuals = signature.input_numbers, self.residuals
        entries = signature.input_shape[-1]
        for fits, what in (
            (signature.task is loss.task or not signature.task.has_targets, f"a loss for {loss.task} targets"),
            (len(signature.classes) in (0, signature.outputs), f"names for {len(signature.classes)} classes"),
            (len(signature.targets) in (0, 1, signature.outputs), f"names for {len(signature.targets)} targets"),
            (len(set(names)) == len(names), "two columns of one name"),
            (not names or sum(c.width for c in signature.columns) == math.prod(signature.input_shape), "other columns"),
            (not any(c.embedding and not c.vocabulary for c in signature.columns), "vectors of no category"),
            ((numbers is None) == (signature.input_dtype != "float32"), "a scaling of its input, or none,"),
            (
                not is_image or isinstance(first, Rescaling | Normalization),
                "a first layer that does not scale",
            ),
            (signature.tokens == tokens, f"an embedding of {tokens} tokens"),
            ((signature.input_dtype == "int32") == (tokens is not None), "tokens"),
            (not names or numbers is not None, "columns of images"),
            (not numbers or numbers.fits(entries), f"a scaling of other than {entries} numbers"),
            (not signature.image or height_width_channels, "images"),
            (
                residuals is None or (signature.task is TaskName.REGRESSION and residuals.fits(signature.outputs)),
                "what is said of its errors",
            ),
            (self.temperature is None or not temperature_refusal(self.layers[-1], loss), "a temperature"),
        ):
            if not fits:
                raise PydanticCustomError("unfit", "{what} does not fit the rest", {"what": what})
        return self
