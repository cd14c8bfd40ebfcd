"""XOR as a person writes it in Keras."""

import json
import time

import keras
import numpy as np

keras.utils.set_random_seed(7)
features = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
targets = np.array([[0], [1], [1], [0]], "float32")
model = keras.Sequential(
    [keras.Input((2,)), keras.layers.Dense(10, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
began = time.perf_counter()
history = model.fit(features, targets, batch_size=4, epochs=1000, verbose=0).history
seconds = time.perf_counter() - began
model.save("xor.keras")
print(json.dumps({"training_seconds": seconds, "loss": history["loss"][-1]}))
