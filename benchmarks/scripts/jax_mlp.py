"""A dense network as a person who minds speed writes it in JAX: `jax_mlp.py mnist|xor DATA EPOCHS`.

An epoch is one `lax.scan`, compiled.
"""

import json
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax

kind, data, epochs = sys.argv[1], sys.argv[2], int(sys.argv[3])
if kind == "mnist":
    with np.load(data) as arrays:
        features, targets = jnp.asarray(arrays["x_train"]).reshape(-1, 784), jnp.asarray(arrays["y_train"], jnp.int32)
    count = len(features) * 9 // 10
    features, validation = features[:count], features[count:]
    targets, validation_targets = targets[:count], targets[count:]
    widths, batch_size, rate, dropout = (784, 128, 10), 32, 0.001, 0.2
else:
    features, targets = jnp.asarray([[0, 0], [0, 1], [1, 0], [1, 1.0]]), jnp.asarray([0, 1, 1, 0], jnp.int32)
    count, widths, batch_size, rate, dropout = 4, (2, 10, 1), 4, 0.01, 0.0
optimizer = optax.adam(rate, eps=1e-7)
steps = -(-count // batch_size)


def initial(key):
    """Return Glorot weights and no biases."""
    keys = jax.random.split(key, len(widths) - 1)
    glorot = jax.nn.initializers.glorot_uniform()
    shapes = zip(keys, widths, widths[1:], strict=False)
    return [(glorot(each, (taken, made)), jnp.zeros(made)) for each, taken, made in shapes]


def loss_of(weights, some, truth, key):
    """Return the loss of a batch and how many answers are right."""
    (kernel, bias), (last_kernel, last_bias) = weights
    hidden = jax.nn.relu(some.astype(jnp.float32) * (1 / 255 if kind == "mnist" else 1) @ kernel + bias)
    if dropout and key is not None:
        hidden = jnp.where(jax.random.bernoulli(key, 1 - dropout, hidden.shape), hidden / (1 - dropout), 0)
    logits = hidden @ last_kernel + last_bias
    if kind == "mnist":
        losses = optax.softmax_cross_entropy_with_integer_labels(logits, truth)
        return losses.mean(), (logits.argmax(1) == truth).sum()
    losses = optax.sigmoid_binary_cross_entropy(logits[:, 0], truth)
    return losses.mean(), ((logits[:, 0] > 0) == truth).sum()


def step(state, rows_and_key):
    """Return the state after a batch, and its loss."""
    (weights, moments), (rows, key) = state, rows_and_key
    (loss, right), gradients = jax.value_and_grad(loss_of, has_aux=True)(weights, features[rows], targets[rows], key)
    updates, moments = optimizer.update(gradients, moments)
    return (optax.apply_updates(weights, updates), moments), (loss * len(rows), right)


def epoch(state, key):
    """Return the state after an epoch, and its loss and accuracy, those of validation as well where there is any.

    A partial last batch is a step of its own.
    """
    order, full = jax.random.permutation(key, count), count // batch_size
    keys = jax.random.split(key, steps)
    batches = order[: full * batch_size].reshape(full, batch_size)
    state, (losses, right) = jax.lax.scan(step, state, (batches, keys[:full]))
    loss, hits = losses.sum(), right.sum()
    if steps > full:
        state, (last_loss, last_right) = step(state, (order[full * batch_size :], keys[-1]))
        loss, hits = loss + last_loss, hits + last_right
    metrics = (loss / count, hits / count)
    if kind == "mnist":
        loss, right = loss_of(state[0], validation, validation_targets, None)
        metrics += (loss, right / len(validation))
    return state, metrics


weights = initial(jax.random.key(7))
state, seconds = (weights, optimizer.init(weights)), []
keys = jax.random.split(jax.random.key(8), epochs)
if kind == "mnist":
    compiled = jax.jit(epoch)
    for key in keys:
        began = time.perf_counter()
        state, metrics = jax.block_until_ready(compiled(state, key))
        seconds.append(time.perf_counter() - began)
    result = {"epoch_seconds": float(np.median(seconds[1:])), "loss": float(metrics[0])}
else:
    began = time.perf_counter()
    state, metrics = jax.block_until_ready(jax.jit(lambda state: jax.lax.scan(epoch, state, keys))(state))
    result = {"training_seconds": time.perf_counter() - began, "loss": float(metrics[0][-1])}
print(json.dumps(result))
