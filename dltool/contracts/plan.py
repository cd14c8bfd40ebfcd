"""What a config will do with given data: a chain of layers, and the work of an epoch."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dltool.config.core_layers import Dense
from dltool.config.counts import counted
from dltool.config.field_types import kind_of
from dltool.config.layer import Layer, Shape
from dltool.config.needs import TaskName
from dltool.contracts.signature import Rows, Signature
from dltool.errors import KeyPath

_BYTES = 4
# Weights, their gradients and the two moments that most optimizers keep.
_COPIES_OF_WEIGHTS = 4


@dataclass(frozen=True)
class PlannedLayer:
    """A layer with what it takes and makes; shapes leave out the batch."""

    spec: Layer
    name: str
    """As Keras numbers the layers of a new model: dense, dense_1, …, flatten; ``code`` in an autoencoder's middle."""
    input_shape: Shape
    output_shape: Shape
    parameters: int
    multiplications: int
    """Estimated, for one example, forwards."""
    activations: int
    """Estimated numbers that training keeps of one example."""
    steps: int
    """How many times it computes one after the other."""
    keys: KeyPath
    """Where the layer stands in the config."""

    @property
    def type(self) -> str:
        """The layer's name in the config."""
        return kind_of(self.spec.__class__)

    @property
    def bytes(self) -> int:
        """Memory of the weights."""
        return self.parameters * _BYTES


COLUMN_FEATURES = "column_features"
"""The layer that makes features of a table with categories."""
FEATURES = "features"
"""The name of what feeds the first layer: the inputs of the network, side by side."""
CODE = "code"
"""The name of the layer that an autoencoder puts its input into."""


def chain(
    specs: Sequence[Layer], signature: Signature, keys_of: Callable[[int], KeyPath] = lambda i: ("layers", i)
) -> Iterator[PlannedLayer]:
    """Yield layers that feed one another, the first fed by the features.

    Args:
        specs: the layers.
        signature: says the shape of the features, and whether the layers are those of an autoencoder.
        keys_of: says where in the config the layer at a position stands.

    Raises:
        ShapeError: one cannot take what the layer before makes.
    """
    shape, counts = signature.input_shape, Counter[str]()
    code = _code(specs) if signature.task is TaskName.RECONSTRUCTION else None
    for i, spec in enumerate(specs):
        type_ = kind_of(type(spec))
        name = f"{type_}_{counts[type_]}" if counts[type_] else type_
        if spec is code:
            name = CODE
        else:
            counts[type_] += 1
        inferred = spec.infer(shape)
        yield PlannedLayer(spec, name, shape, *inferred, keys_of(i))
        shape = inferred.output_shape


def embedding_name(column: int) -> str:
    """Return the name of the layer that holds the vectors of a table's column, counted from 0."""
    return f"dltool_embedding_{column}"


def _code(specs: Sequence[Layer]) -> Layer | None:
    """Return the middle one of an autoencoder's dense layers: the decoder has as many as the encoder."""
    dense = [spec for spec in specs if isinstance(spec, Dense)]
    return dense[len(dense) // 2 - 1] if len(dense) > 1 else None


@dataclass(frozen=True)
class Plan:
    """The layers of the model, those that scale images included, and the work of an epoch."""

    layers: tuple[PlannedLayer, ...]
    signature: Signature
    rows: Rows
    batch_size: int
    standardized: bool = False
    """Whether the network learns targets of mean 0 and deviation 1."""
    target_width: int = 1
    """Numbers that a row's learnt target takes."""

    def __repr__(self) -> str:
        ends = f"{self.signature.input_shape} -> {self.layers[-1].output_shape}"
        work = f"{self.parameters:,} parameters, {counted(self.steps, 'step')} an epoch"
        return f"<Plan of {len(self.layers)} layers, {ends}: {work}>"

    @property
    def scaled_name(self) -> str:
        """What holds the input as it is scaled: the layer that scales images, else the features."""
        return self.layers[0].name if self.signature.input_dtype == "uint8" else FEATURES

    @property
    def specs(self) -> list[Layer]:
        """The layers alone."""
        return [layer.spec for layer in self.layers]

    @property
    def parameters(self) -> int:
        """All weights, the non-trainable ones included."""
        return self.embedding_parameters + sum(layer.parameters for layer in self.layers)

    @property
    def embedding_parameters(self) -> int:
        """The weights of a table's categories, in front of the first layer."""
        return sum(math.prod(column.embedding_shape) for column in self.signature.columns)

    @property
    def embedding_bytes(self) -> int:
        """The memory of those."""
        return _BYTES * self.embedding_parameters

    @property
    def weight_bytes(self) -> int:
        """The memory of all weights."""
        return self.embedding_bytes + sum(layer.bytes for layer in self.layers)

    @property
    def multiplications(self) -> int:
        """Estimated multiplications for one example, forwards."""
        return sum(layer.multiplications for layer in self.layers)

    @property
    def sequential_steps(self) -> int:
        """How many steps of sequences are computed one after the other, for one batch."""
        return sum(layer.steps for layer in self.layers if layer.steps > 1)

    @property
    def steps(self) -> int:
        """Batches an epoch, the partial last one included."""
        return math.ceil(self.rows.train / self.batch_size)

    @property
    def bytes(self) -> int:
        """Estimated memory of training: weights with their companions, one batch's activations, the data."""
        size = 1 if self.signature.input_dtype == "uint8" else _BYTES
        numbers = sum(math.prod(each.shape) for each in self.signature.inputs.values())
        rows = self.rows.train + self.rows.validation + self.rows.test
        data = rows * (numbers * size + self.target_width * _BYTES)
        batch = min(self.batch_size, self.rows.train)
        activations = 2 * batch * sum(layer.activations for layer in self.layers)
        return data + _BYTES * (activations + _COPIES_OF_WEIGHTS * self.parameters)
