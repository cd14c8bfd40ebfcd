"""The layers that a model may have; a family of them a file.

A spec stands for the Keras class named by ``keras_name``; its fields and their defaults are those of Keras 3's
signature, and it says the shape that it makes and the parameters that it holds. Shapes leave out the batch.
"""

from __future__ import annotations

from typing import Annotated

from dltool.config.augmentation_layers import RandomContrast, RandomFlip, RandomRotation, RandomTranslation, RandomZoom
from dltool.config.core_layers import Activation, Dense, Dropout, Flatten, GaussianNoise, Reshape, SpatialDropout2D
from dltool.config.field_types import one_of
from dltool.config.layer import Layer
from dltool.config.normalization_layers import BatchNormalization, LayerNormalization, Normalization, Rescaling
from dltool.config.sequence_layers import GRU, LSTM, Bidirectional, Embedding, MultiHeadAttention
from dltool.config.window_layers import (
    AveragePooling1D,
    AveragePooling2D,
    Conv1D,
    Conv2D,
    DepthwiseConv2D,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    MaxPooling1D,
    MaxPooling2D,
    SeparableConv2D,
    UpSampling2D,
    ZeroPadding2D,
)

MOST_LAYERS = 1000
"""The layers of a model, those included that a recipe stands for."""

LAYERS: tuple[type[Layer], ...] = (
    Dense, Conv1D, Conv2D, SeparableConv2D, DepthwiseConv2D,
    MaxPooling1D, MaxPooling2D, AveragePooling1D, AveragePooling2D,
    GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalAveragePooling1D, GlobalAveragePooling2D,
    UpSampling2D, Flatten, Reshape, Dropout, SpatialDropout2D, BatchNormalization, LayerNormalization,
    Activation, Rescaling, Normalization, ZeroPadding2D, GaussianNoise,
    RandomFlip, RandomRotation, RandomZoom, RandomTranslation, RandomContrast,
    Embedding, LSTM, GRU, Bidirectional, MultiHeadAttention,
)  # fmt: skip
AnyLayer = Annotated[Layer, one_of(*LAYERS)]
