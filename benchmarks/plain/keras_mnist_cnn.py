"""The network of configs/mnist_cnn.yaml in plain Keras: ``keras_mnist_cnn.py MNIST.NPZ EPOCHS``."""

import json
import sys
import time

import keras
import numpy as np

path, epochs = sys.argv[1], int(sys.argv[2])

with np.load(path) as arrays:
    x = arrays["x_train"].astype("float32")[..., np.newaxis] / 255
    y = keras.utils.to_categorical(arrays["y_train"], 10)
x_train, y_train = x[:54000], y[:54000]
x_validation, y_validation = x[54000:], y[54000:]

keras.utils.set_random_seed(7)
model = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        keras.layers.Conv2D(32, 3, activation="relu"),
        keras.layers.MaxPooling2D(2),
        keras.layers.Flatten(),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])

times = [time.perf_counter()]
clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: times.append(time.perf_counter()))
history = model.fit(
    x_train,
    y_train,
    batch_size=32,
    epochs=epochs,
    validation_data=(x_validation, y_validation),
    callbacks=[clock],
    verbose=0,
)

model.save("mnist_cnn.keras")
print(
    json.dumps(
        {
            "training_seconds": times[-1] - times[0],
            "epoch_seconds": np.diff(times).tolist(),
            "epochs": epochs,
            "loss": history.history["loss"][-1],
            "validation_accuracy": history.history["val_accuracy"][-1],
        }
    )
)
