"""MNIST as a person writes it in Keras: `keras_mnist.py cnn|mlp DATA EPOCHS BATCH_SIZE WIDTH`."""

import json
import sys
import time

import keras
import numpy as np

kind, data = sys.argv[1:3]
epochs, batch_size, width = map(int, sys.argv[3:])
keras.utils.set_random_seed(7)
with np.load(data) as arrays:
    features, targets = arrays["x_train"], arrays["y_train"]
features = features.astype("float32") / 255
if kind == "cnn":
    features = features[..., None]
    layers = [
        keras.Input((28, 28, 1)),
        keras.layers.Conv2D(width, 3, activation="relu"),
        keras.layers.MaxPooling2D(2),
        keras.layers.Flatten(),
        keras.layers.Dense(10, activation="softmax"),
    ]
else:
    layers = [
        keras.Input((28, 28)),
        keras.layers.Flatten(),
        keras.layers.Dense(width, activation="relu"),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(10, activation="softmax"),
    ]
model = keras.Sequential(layers)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
seconds = []


class Clock(keras.callbacks.Callback):
    """Takes the time of each epoch, its validation included."""

    def on_epoch_begin(self, epoch, logs=None):
        """Start the clock."""
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        """Stop the clock."""
        seconds.append(time.perf_counter() - self.began)


count = len(features) * 9 // 10
history = model.fit(
    features[:count],
    targets[:count],
    validation_data=(features[count:], targets[count:]),
    batch_size=batch_size,
    epochs=epochs,
    verbose=0,
    callbacks=[Clock()],
).history
model.save("mnist.keras")
# The first epoch holds the tracing; the others are alike.
print(json.dumps({"epoch_seconds": float(np.median(seconds[1:] or seconds)), "loss": history["loss"][-1]}))
