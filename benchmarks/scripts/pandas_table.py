"""A large table of numbers and texts as a person trains on it: `pandas_table.py TABLE`."""

import json
import sys

import keras
import pandas
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

table = pandas.read_csv(sys.argv[1])
targets = (table.pop("y") == "yes").to_numpy("float32")
train, validation, train_targets, validation_targets = train_test_split(
    table, targets, test_size=0.1, stratify=targets, random_state=7
)
numbers = table.select_dtypes("number").columns
prepare = ColumnTransformer([
    ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), numbers),
    ("texts", OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype="float32"),
     table.columns.difference(numbers)),
])  # fmt: skip
features = prepare.fit_transform(train).astype("float32")
validation_features = prepare.transform(validation).astype("float32")
keras.utils.set_random_seed(7)
model = keras.Sequential([
    keras.Input((features.shape[1],)),
    keras.layers.Dense(128, activation="relu"),
    keras.layers.Dense(64, activation="relu"),
    keras.layers.Dense(1, activation="sigmoid"),
])  # fmt: skip
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
history = model.fit(
    features,
    train_targets,
    batch_size=1024,
    epochs=1,
    verbose=0,
    validation_data=(validation_features, validation_targets),
).history
print(json.dumps({"loss": history["val_loss"][0]}))
