"""An optimizer's step in one pass over each variable: TensorFlow's kernels, where they equal Keras's own operations.

Keras writes a step as a dozen operations over whole variables, which takes longer than the rest of a small step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

Apply = Callable[[int, Any, Any], None]
"""Takes the number of a variable among those that the optimizer knows, its handle and its gradient."""
Begin = Callable[[Any], Apply]
"""Takes the learning rate of a step, float32, shape ()."""

_LARGEST_DIFFERENCE = 2e-5
"""How far a constant of a kernel may be from Keras's, relative to it."""


def fuse(optimizer: keras.optimizers.Optimizer) -> bool:
    """Let an optimizer step by kernels from now on, if there are any for it; it stays an object of Keras's class.

    Gradients that are not dense float32 are still applied by Keras's own step.

    Args:
        optimizer: built.

    Returns:
        Whether there are kernels that equal its step as it is configured.
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    kernel = _KERNELS.get(type(inner))
    if kernel is None or inner.use_ema or inner.gradient_accumulation_steps:
        return False
    begin = kernel(inner)
    if begin is None:
        return False

    def update(gradients: Iterable[Any], variables: Iterable[Any], learning_rate: Any) -> None:
        apply = begin(tf.cast(learning_rate, tf.float32))
        for gradient, variable in zip(gradients, variables, strict=True):
            if isinstance(gradient, tf.IndexedSlices) or not gradient.dtype == variable.dtype == tf.float32:
                inner.update_step(gradient, variable, learning_rate)
            else:
                apply(inner._get_variable_index(variable), variable.value.handle, gradient)

    inner._backend_update_step = update
    return True


def _sgd(optimizer: Any) -> Begin:
    def begin(rate: Any) -> Apply:
        shared = _constants(momentum=optimizer.momentum)

        def apply(index: int, variable: Any, gradient: Any) -> None:
            if not optimizer.momentum:
                tf.raw_ops.ResourceApplyGradientDescent(var=variable, alpha=rate, delta=gradient)
                return
            tf.raw_ops.ResourceApplyKerasMomentum(
                var=variable,
                accum=_handle(optimizer.momentums[index]),
                lr=rate,
                grad=gradient,
                use_nesterov=optimizer.nesterov,
                **shared,
            )

        return apply

    return begin


def _adam(optimizer: Any) -> Begin | None:
    if optimizer.amsgrad or not optimizer.beta_2 or not (_agrees(optimizer.beta_1) and _agrees(optimizer.beta_2)):
        return None
    beta_1, beta_2 = (float(np.float32(beta)) for beta in (optimizer.beta_1, optimizer.beta_2))
    keras_rate = float(np.float32(1 - optimizer.beta_2))

    def begin(rate: Any) -> Apply:
        step = tf.cast(optimizer.iterations + 1, tf.float32)
        # The kernel subtracts beta_2 from 1 in float32, Keras in float64: its second moment is smaller by this factor.
        rate *= tf.sqrt(tf.math.expm1(step * math.log(beta_2)) / tf.math.expm1(step * math.log1p(-keras_rate)))
        powers = {"beta1_power": tf.pow(beta_1, step), "beta2_power": tf.pow(beta_2, step)}
        shared = powers | _constants(beta1=beta_1, beta2=beta_2, epsilon=optimizer.epsilon)

        def apply(index: int, variable: Any, gradient: Any) -> None:
            tf.raw_ops.ResourceApplyAdam(
                var=variable,
                m=_handle(optimizer._momentums[index]),
                v=_handle(optimizer._velocities[index]),
                lr=rate,
                grad=gradient,
                **shared,
            )

        return apply

    return begin


def _rmsprop(optimizer: Any) -> Begin | None:
    if not optimizer.momentum or not _agrees(optimizer.rho):
        return None  # without momentum Keras has no variable for it, which the kernel needs

    def begin(rate: Any) -> Apply:
        shared = _constants(rho=optimizer.rho, momentum=optimizer.momentum, epsilon=optimizer.epsilon)

        def apply(index: int, variable: Any, gradient: Any) -> None:
            own = {
                "var": variable,
                "ms": _handle(optimizer._velocities[index]),
                "mom": _handle(optimizer._momentums[index]),
                "lr": rate,
                "grad": gradient,
            }
            if optimizer.centered:
                mean = _handle(optimizer._average_gradients[index])
                tf.raw_ops.ResourceApplyCenteredRMSProp(mg=mean, **own, **shared)
            else:
                tf.raw_ops.ResourceApplyRMSProp(**own, **shared)

        return apply

    return begin


def _adagrad(optimizer: Any) -> Begin | None:
    if optimizer.epsilon > _LARGEST_DIFFERENCE * optimizer.initial_accumulator_value:
        return None  # the kernel adds nothing to the sum of squares

    def begin(rate: Any) -> Apply:
        def apply(index: int, variable: Any, gradient: Any) -> None:
            tf.raw_ops.ResourceApplyAdagrad(
                var=variable, accum=_handle(optimizer._accumulators[index]), lr=rate, grad=gradient
            )

        return apply

    return begin


def _adadelta(optimizer: Any) -> Begin | None:
    if not _agrees(optimizer.rho):
        return None

    def begin(rate: Any) -> Apply:
        shared = _constants(rho=optimizer.rho, epsilon=optimizer.epsilon)

        def apply(index: int, variable: Any, gradient: Any) -> None:
            tf.raw_ops.ResourceApplyAdadelta(
                var=variable,
                accum=_handle(optimizer._accumulated_grads[index]),
                accum_update=_handle(optimizer._accumulated_delta_vars[index]),
                lr=rate,
                grad=gradient,
                **shared,
            )

        return apply

    return begin


def _agrees(decay: float) -> bool:
    """Tell whether a kernel, which subtracts a decay from 1 in float32, gets what Keras gets in float64."""
    return abs((1 - float(np.float32(decay))) / float(np.float32(1 - decay)) - 1) <= _LARGEST_DIFFERENCE


def _constants(**numbers: float) -> dict[str, Any]:
    """Return tensors of a kernel's arguments, which all variables share: a number would be written for each of them."""
    return {name: tf.constant(number, tf.float32) for name, number in numbers.items()}


def _handle(variable: keras.Variable) -> Any:
    return variable.value.handle


_KERNELS: dict[type, Callable[[Any], Begin | None]] = {
    keras.optimizers.SGD: _sgd,
    keras.optimizers.Adam: _adam,
    keras.optimizers.AdamW: _adam,
    keras.optimizers.RMSprop: _rmsprop,
    keras.optimizers.Adagrad: _adagrad,
    keras.optimizers.Adadelta: _adadelta,
}
