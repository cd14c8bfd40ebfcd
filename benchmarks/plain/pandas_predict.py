"""Predictions for a table with pandas and plain Keras: ``pandas_predict.py MODEL.KERAS INPUT.CSV OUTPUT.CSV``."""

import json
import sys
import time

import keras
import pandas as pd

model_path, source, output = sys.argv[1:]
CLASSES = ["setosa", "versicolor", "virginica"]

model = keras.saving.load_model(model_path)
table = pd.read_csv(source)

began = time.perf_counter()
probabilities = model.predict(table.to_numpy("float32"), verbose=0)
seconds = time.perf_counter() - began

best = probabilities.argmax(axis=1)
predictions = pd.DataFrame(
    {
        "id": range(1, len(table) + 1),
        "label": [CLASSES[i] for i in best],
        "probability": probabilities.max(axis=1),
    }
)
predictions.to_csv(output, index=False)
print(json.dumps({"predict_seconds": seconds, "rows": len(predictions)}))
