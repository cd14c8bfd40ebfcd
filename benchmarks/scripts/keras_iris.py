"""The irises as a person writes them in Keras, with early stopping: `keras_iris.py DATA EPOCHS`."""

import json
import sys
import time

import keras
import numpy as np

data, epochs = sys.argv[1], int(sys.argv[2])
keras.utils.set_random_seed(7)
rows = np.genfromtxt(data, delimiter=",", dtype=str, skip_header=1)
np.random.default_rng(7).shuffle(rows)
features = rows[:, :4].astype("float32")
_, targets = np.unique(rows[:, 4], return_inverse=True)
train, validation = slice(0, 96), slice(96, 120)
normalization = keras.layers.Normalization()
normalization.adapt(features[train])
model = keras.Sequential([
    keras.Input((4,)),
    normalization,
    keras.layers.Dense(16, activation="relu"),
    keras.layers.Dense(3, activation="softmax"),
])  # fmt: skip
model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
began = time.perf_counter()
history = model.fit(
    features[train],
    targets[train],
    validation_data=(features[validation], targets[validation]),
    batch_size=16,
    epochs=epochs,
    verbose=0,
    callbacks=[keras.callbacks.EarlyStopping(patience=epochs, restore_best_weights=True)],
).history
print(json.dumps({"training_seconds": time.perf_counter() - began, "loss": history["loss"][-1]}))
