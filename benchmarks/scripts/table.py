"""A table of numbers and three classes as a person trains on it: `table.py keras|sklearn DATA EPOCHS`."""

import json
import sys
import time

import numpy as np

library, data, epochs = sys.argv[1], sys.argv[2], int(sys.argv[3])
with np.load(data) as arrays:
    features, targets = arrays["x"], arrays["y"]
if library == "sklearn":
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier((128, 64), batch_size=256, max_iter=1, warm_start=True, random_state=7)
    seconds = []
    for _ in range(epochs):
        began = time.perf_counter()
        model.fit(features, targets)  # goes on, and warns that an epoch is not enough
        seconds.append(time.perf_counter() - began)
    loss = float(model.loss_)
else:
    import keras

    keras.utils.set_random_seed(7)
    model = keras.Sequential([
        keras.Input((features.shape[1],)),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(3, activation="softmax"),
    ])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    seconds = []

    class Clock(keras.callbacks.Callback):
        """Takes the time of each epoch."""

        def on_epoch_begin(self, epoch, logs=None):
            """Start the clock."""
            self.began = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            """Stop the clock."""
            seconds.append(time.perf_counter() - self.began)

    history = model.fit(features, targets, batch_size=256, epochs=epochs, verbose=0, callbacks=[Clock()]).history
    loss = history["loss"][-1]
print(json.dumps({"epoch_seconds": float(np.median(seconds[1:])), "loss": loss}))
