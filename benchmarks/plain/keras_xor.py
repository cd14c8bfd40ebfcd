"""XOR in plain Keras."""

import json
import time

import keras
import numpy as np

EPOCHS = 1000

x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype="float32")
y = np.array([0, 1, 1, 0], dtype="float32")

keras.utils.set_random_seed(7)
model = keras.Sequential(
    [
        keras.Input((2,)),
        keras.layers.Dense(10, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="binary_crossentropy", metrics=["accuracy"])

began = time.perf_counter()
history = model.fit(x, y, epochs=EPOCHS, batch_size=4, verbose=0)
seconds = time.perf_counter() - began

model.save("xor.keras")
print(json.dumps({"training_seconds": seconds, "epochs": EPOCHS, "loss": history.history["loss"][-1]}))
