"""The config as a whole."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, PrivateAttr, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from dltool.config.data import Data
from dltool.config.document import CHOICE_KEYS, Document
from dltool.config.field_types import NUMBERS_ONLY, Spec, kind_of
from dltool.config.model import AnyModel, Autoencoder, Sequential
from dltool.config.needs import Needs, TaskName
from dltool.config.sequence_layers import Embedding
from dltool.config.training import Training
from dltool.errors import KeyPath

_OWN_PARTS = ("validation", "test")


class Config(Spec):
    """One experiment: data, model and training."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
    """Names the run directory; letters, digits, dots, dashes and underscores."""
    seed: Annotated[int, Field(ge=0, lt=2**31), NUMBERS_ONLY] = 0
    """Everything random follows from it: splits, initial weights, order of rows, dropout."""
    data: Data
    """Where examples come from and how they are split."""
    model: AnyModel
    """The network."""
    training: Training
    """How it is trained."""

    @model_validator(mode="after")
    def _targets_for_the_loss(self) -> Self:
        """Refuse a loss without targets, at the place where they should stand."""
        if isinstance(self.model, Autoencoder):
            return self
        places: dict[KeyPath, Any] = {("data",): self.data}
        places |= {("data", part): getattr(self.data, part, None) for part in _OWN_PARTS}
        missing = [keys for keys, examples in places.items() if getattr(examples, "targets", "") is None]
        if missing:
            details = [InitErrorDetails(type="missing", loc=(*keys, "targets"), input={}) for keys in missing]
            raise ValidationError.from_exception_data("targets", details)
        return self

    @model_validator(mode="after")
    def _folds_of_targets(self) -> Self:
        if isinstance(self.model, Autoencoder) and getattr(self.data, "folds", None) is not None:
            kind = PydanticCustomError("folds_without_targets", "an autoencoder is validated on a part of the rows")
            detail = InitErrorDetails(type=kind, loc=("data", "folds"), input=self.data)
            raise ValidationError.from_exception_data("folds", [detail])
        return self

    def __repr__(self) -> str:
        training = self.training
        parts = [f"{self.data.source} data", self.model.type, kind_of(training.loss.__class__)]
        return f"<Config {self.name}: {', '.join(parts)}, {training.epochs:,} epochs, seed {self.seed}>"

    @property
    def needs(self) -> Needs:
        """What the data must give: targets for the loss, tokens for an embedding."""
        first = self.model.layers[0] if isinstance(self.model, Sequential) else None
        tokens, loss = first.input_dim if isinstance(first, Embedding) else None, self.training.loss
        if isinstance(self.model, Autoencoder):
            return Needs(TaskName.RECONSTRUCTION, tokens)
        return Needs(loss.task, tokens, loss.non_negative)

    @property
    def reconstructed(self) -> tuple[str, ...]:
        """What an autoencoder's errors are of: only where this is alike can they be compared; empty elsewhere."""
        if self.needs.task.has_targets:
            return ()
        keys = ("source", "path", "features", "targets", "missing", "scaling")
        return tuple(repr(getattr(self.data, key, None)) for key in keys)

    def plain(self) -> dict[str, Any]:
        """Return everything as plain data, every default filled in, what a thing is before what it is like."""
        plain: dict[str, Any] = _kind_first(self.model_dump(mode="json"))
        return plain

    # Where each value was written; a config made in Python has no positions.
    _document: Document = PrivateAttr(default_factory=lambda: Document("config"))


def _kind_first(value: Any) -> Any:
    if isinstance(value, list):
        return [_kind_first(item) for item in value]
    if not isinstance(value, dict):
        return value
    keys = sorted(value, key=lambda key: key not in CHOICE_KEYS)
    return {key: _kind_first(value[key]) for key in keys}
