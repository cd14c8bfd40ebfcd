"""The layers that change images at random while training."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dltool.config.field_types import NUMBERS_ONLY, TWO, Fraction, Number, by_shape
from dltool.config.layer import Interpolation, Layer

FillMode = Literal["reflect", "wrap", "constant", "nearest"]
_Factor = Annotated[float, Field(ge=-1, le=1), NUMBERS_ONLY]
FactorOrPair = Annotated[float | list[float], by_shape(number=_Factor, list=Annotated[list[_Factor], TWO])]
FractionOrPair = Annotated[float | list[float], by_shape(number=Fraction, list=Annotated[list[Fraction], TWO])]


class RandomFlip(Layer):
    """Mirrors images at random while training."""

    keras_name: ClassVar = "RandomFlip"
    is_random: ClassVar = True
    axes: ClassVar = 3
    type: Literal["random_flip"]
    mode: Literal["horizontal", "vertical", "horizontal_and_vertical"] = "horizontal_and_vertical"
    """Along which axis."""


class _RandomMove(Layer):
    axes: ClassVar = 3
    is_random: ClassVar = True
    fill_mode: FillMode = "reflect"
    """What fills the pixels that come from outside."""
    interpolation: Interpolation = "bilinear"
    """How pixels between pixels are computed."""
    fill_value: Number = 0.0
    """The value for ``fill_mode: constant``."""


class RandomRotation(_RandomMove):
    """Turns images at random while training."""

    keras_name: ClassVar = "RandomRotation"
    type: Literal["random_rotation"]
    factor: FactorOrPair
    """Largest turn as a part of a full circle, or the lowest and highest."""


class RandomZoom(_RandomMove):
    """Zooms images at random while training."""

    keras_name: ClassVar = "RandomZoom"
    type: Literal["random_zoom"]
    height_factor: FactorOrPair
    """Largest change of height as a part of it, or the lowest and highest (negative zooms in)."""
    width_factor: FactorOrPair | None = None
    """The same for the width; by default as the height, which keeps proportions."""


class RandomTranslation(_RandomMove):
    """Shifts images at random while training."""

    keras_name: ClassVar = "RandomTranslation"
    type: Literal["random_translation"]
    height_factor: FactorOrPair
    """Largest shift down or up as a part of the height, or the lowest and highest."""
    width_factor: FactorOrPair
    """Largest shift across as a part of the width, or the lowest and highest."""


class RandomContrast(Layer):
    """Changes contrast at random while training."""

    keras_name: ClassVar = "RandomContrast"
    is_random: ClassVar = True
    axes: ClassVar = 3
    type: Literal["random_contrast"]
    factor: FractionOrPair
    """Largest change, or the largest decrease and increase."""
    value_range: Annotated[list[Number], TWO] = [0, 255]
    """The lowest and highest value that a pixel may have where the layer stands."""


AUGMENTATION = (RandomFlip, RandomRotation, RandomZoom, RandomTranslation, RandomContrast)
"""Layers whose work can be looked at: they make images of images."""
