"""Predictions for a CSV as a person writes it: `pandas_predict.py MODEL INPUT OUTPUT`."""

import sys

import keras
import numpy as np
import pandas

model = keras.saving.load_model(sys.argv[1])
table = pandas.read_csv(sys.argv[2])
columns = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
probabilities = model.predict(table[columns].to_numpy("float32"), verbose=0)
labels = np.array(["setosa", "versicolor", "virginica"])
best = probabilities.argmax(axis=1)
result = pandas.DataFrame({"id": np.arange(1, len(table) + 1), "label": labels[best]})
result["probability"] = probabilities[np.arange(len(best)), best]
result.to_csv(sys.argv[3], index=False)
