"""What must be refused: a name, the files, the exit code, what the message must say, and the command."""

import bz2
import lzma
import pickle
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from tests.bad_input.files import (
    CATEGORICAL,
    GOOD,
    INLINE,
    MODEL,
    REGRESSION,
    TABLE,
    TRAINING,
    X,
    Y,
    archive,
    config,
    csv,
    deep_png,
    gz,
    header,
    huge_png,
    idx,
    idx_bytes,
    images,
    npy,
    npz,
    npz_bytes,
    npz_header,
    parquet,
    picture,
    wide_webp,
    workbook,
    zipped,
)  # fmt: skip

CHECK = ("check", "c.yaml")
TRAIN = ("train", "c.yaml")
USAGE, DATA, MISSING, CANNOT_CREATE, REFUSED, CONFIG = 2, 65, 66, 73, 77, 78


class Case(NamedTuple):
    name: str
    files: dict
    code: int
    said: tuple
    words: tuple = CHECK
    stdin: str = ""


def good(old, new):
    """The good config with something in it replaced."""
    assert old in GOOD
    return {"c.yaml": GOOD.replace(old, new)}


def yaml_case(name, content, *said):
    return Case(name, {"c.yaml": content}, CONFIG, said)


def changed(name, old, new, *said):
    return Case(name, good(old, new), CONFIG, said)


def pointer(column, width):
    """The line that points at words of a line, from a column counted from 0."""
    return f"      | {' ' * column}{'^' * width}"


def setting(name, override, code, *said):
    return Case(name, {"c.yaml": GOOD}, code, said, (*CHECK, "--set", override))


def table(name, content, *said, **options):
    return Case(name, csv(content, **options), DATA, said)


def arrays(name, *said, code=DATA, **options):
    return Case(name, npz(**options), code, said)


TEXTS = [
    yaml_case("empty file", "", "c.yaml", "a config is a mapping of keys"),
    yaml_case("a comment alone", "# nothing\n", "a config is a mapping of keys"),
    yaml_case("a list", "- 1\n- 2\n", "c.yaml:1:1", "a config is a mapping of keys"),
    yaml_case("a word", "hello\n", "c.yaml:1:1", "a config is a mapping of keys"),
    yaml_case("UTF-16", GOOD.encode("utf-16"), "c.yaml", "not UTF-8", "save it as UTF-8"),
    yaml_case("UTF-16 without a mark", GOOD.encode("utf-16-le"), "c.yaml:1:2", "not valid YAML", "UTF-8"),
    yaml_case("Latin-1", f"# e\n# é\n{GOOD}".encode("latin-1"), "c.yaml:2", "not UTF-8"),
    yaml_case("a NUL byte", GOOD.replace("seed: 1", "seed: \0"), "c.yaml:2:7", "not valid YAML"),
    yaml_case("random bytes", bytes(range(128, 256)), "c.yaml", "not UTF-8"),
    yaml_case("a control character", GOOD.replace("good", "gö\x07od"), "c.yaml:1:9", "not valid YAML"),
    yaml_case(
        "a tab for indentation",
        "name: c\ndata:\n\tsource: mnist\n",
        "c.yaml:3:1",
        "not valid YAML",
        "indent with spaces",
    ),
    yaml_case("two documents", f"{GOOD}---\n{GOOD}", "c.yaml:6:1", "another document", "expected a single document"),
    yaml_case("3,000 levels", "data: " + "[" * 3000, "c.yaml:1:70", "nested deeper than 64 levels"),
    yaml_case("3,000 levels, closed", "data: " + "[" * 3000 + "]" * 3000, "nested deeper than 64 levels"),
    yaml_case("3,000 levels by indentation", "\n".join(f"{' ' * i}a:" for i in range(3000)), "nested deeper than 64"),
    yaml_case("an open bracket", GOOD.replace("[2]", "[2"), "c.yaml:4", "not valid YAML"),
    yaml_case("an open quote", GOOD.replace("good", "'good"), "c.yaml:6:1", "quoted scalar", "begun on line 1"),
    yaml_case("a colon too many", "name: a: b\n", "c.yaml:1:8", "not valid YAML"),
    yaml_case("an unknown alias", GOOD.replace("seed: 1", "seed: *x"), "c.yaml:2:7", "undefined alias"),
    yaml_case("an endless alias", "data: &a [*a]\n", "aliases make this file describe too many values"),
    yaml_case(
        "a billion laughs",
        "a: &a [1,1,1,1,1,1,1,1,1,1]\n"
        + "".join(f"{y}: &{y} [{', '.join(['*' + x] * 10)}]\n" for x, y in zip("abcdefghi", "bcdefghij", strict=True)),
        "aliases make this file describe too many values",
    ),
    yaml_case("a Python object", "name: !!python/object/apply:os.system [exit]\n", "c.yaml:1:7", "is not allowed"),
    yaml_case("a merge key", f"{GOOD}x: {{<<: {{a: 1}}}}\n", "c.yaml:6:5", "use 'extends'"),
    changed("an equal key", "seed: 1", "seed: 1\nseed: 2", "c.yaml:3:1", "given before, on line 2"),
    changed("an equal key within", "epochs: 1", "epochs: 1, epochs: 2", "c.yaml:5:50", "given before"),
    changed("no text as key", "seed: 1", "[1]: 2", "c.yaml:2:1", "a key must be a word"),
    changed("010", "epochs: 1", "epochs: 010", "c.yaml:5:47", "010 may be read in several ways"),
    changed("0x10", "epochs: 1", "epochs: 0x10", "c.yaml:5:47", "several ways", "plain decimal"),
    changed("1_000", "epochs: 1", "epochs: 1_000", "c.yaml:5:47", "several ways"),
]

VALUES = [
    changed("an unknown key", "seed", "sead", "c.yaml:2:1", "unknown key 'sead'", "did you mean 'seed'?"),
    changed("an unknown key deep within", "epochs", "epoch", "c.yaml:5:39", "did you mean 'epochs'?"),
    changed("a missing key", "name: good\n", "", "c.yaml:1:1", "missing key 'name'"),
    changed("a missing section", MODEL, "", "missing key 'model'"),
    changed("a section of nothing", MODEL, "model:\n", "c.yaml:4", "expected a mapping with a 'type'", "nothing"),
    changed("a name that leaves the folder", "name: good", "name: ../../x", "c.yaml:1:7", "expected letters, digits"),
    changed("an empty name", "name: good", "name: ''", "c.yaml:1:7", "expected letters"),
    changed("a name that is a number", "name: good", "name: 2026", "c.yaml:1:7", "expected a text", "'2026'"),
    changed("yes for true", "epochs: 1", "epochs: 1, shuffle: yes", "c.yaml:5:59", "got 'yes'", "write true"),
    changed("off for false", "epochs: 1", "epochs: 1, shuffle: off", "c.yaml:5:59", "write false"),
    changed("1 for true", "epochs: 1", "epochs: 1, shuffle: 1", "c.yaml:5:59", "expected true or false, got 1"),
    changed("true for a number", "epochs: 1", "epochs: true", "c.yaml:5:47", "not true or false"),
    changed("a quoted number", "epochs: 1", "epochs: '1'", "c.yaml:5:47", "got '1'", "without quotes"),
    changed("half an epoch", "epochs: 1", "epochs: 1.5", "c.yaml:5:47", "expected a whole number, got 1.5"),
    changed("no epoch", "epochs: 1", "epochs: 0", "c.yaml:5:47", "greater than 0, got 0"),
    changed("epochs beyond every number", "epochs: 1", "epochs: 1e400", "c.yaml:5:47", "finite"),
    changed("more epochs than 64 bits", "epochs: 1", "epochs: 99999999999999999999", "c.yaml:5:47", "2147483647"),
    changed("a batch beyond 64 bits", "epochs: 1", "epochs: 1, batch_size: 1e30", "c.yaml:5:62",
            "a smaller whole number"),
    changed("a negative seed", "seed: 1", "seed: -1", "c.yaml:2:7", "greater than or equal to 0"),
    changed("a seed beyond 31 bits", "seed: 1", "seed: 2147483648", "c.yaml:2:7", "less than 2147483648"),
    changed("a date", "seed: 1", "seed: 2026-11-24", "c.yaml:2:7", "expected a whole number, got '2026-11-24'"),
    changed("a rate of NaN", "epochs: 1", "epochs: 1, optimizer: {type: adam, learning_rate: .nan}", "finite number"),
    changed("a rate of infinity", "epochs: 1", "epochs: 1, optimizer: {type: adam, learning_rate: .inf}", "finite"),
    changed("a rate beyond float32", "epochs: 1", "epochs: 1, optimizer: {type: adam, learning_rate: 1e39}",
            "c.yaml:5:89", "which float32 can hold, got 1e+39"),
    changed("a rate that is 0 in float32", "epochs: 1", "epochs: 1, optimizer: {type: adam, learning_rate: 1e-50}",
            "c.yaml:5:89", "which float32 can hold, got 1e-50"),
    changed("an unknown optimizer", "epochs: 1", "epochs: 1, optimizer: adma", "c.yaml:5:61", "did you mean 'adam'?"),
    changed("an unknown model", "type: mlp", "type: mlpp", "c.yaml:4:15", "unknown model 'mlpp'",
            "did you mean 'mlp'?"),
    changed("an unknown source", "inline", "inlin", "unknown data source 'inlin'", "did you mean 'inline'?"),
    changed("a source without a name", "source: inline, ", "", "c.yaml:3:1", "missing key 'source'"),
    changed("more units than memory", "[2]", "[2000000000]", "GiB of memory", "model"),
    changed("negative units", "[2]", "[-2]", "c.yaml:4:35", "greater than 0"),
    changed("a list too few", "[2]", "2", "c.yaml:4:34", "expected a list, got 2"),
    changed("a label too few", "[0, 1, 1, 0]", "[0, 1, 1]", "c.yaml:3", "4 rows", "3"),
    changed("a ragged row", "[0, 1], [1, 0]", "[0, 1], [1]", "c.yaml:3", "a list of 2", "a list of 1"),
    changed("a word among numbers", "[0, 1], [1, 0]", "[0, x], [1, 0]", "c.yaml:3:47", "expected a number, got 'x'"),
    changed("NaN among numbers", "[0, 1], [1, 0]", "[0, .nan], [1, 0]", "c.yaml:3:47", "expected a finite number"),
    changed("1e400 among numbers", "[0, 1], [1, 0]", "[0, 1e400], [1, 0]", "c.yaml:3:47", "expected a finite number"),
    changed("no examples", INLINE, "data: {source: inline, features: [], targets: []}\n", "c.yaml:3", "at least one"),
    changed("all rows for validation", "targets: [0, 1, 1, 0]", "targets: [0, 1, 1, 0], validation: 1", "less than 1"),
    changed("a part of nothing", "targets: [0, 1, 1, 0]", "targets: [0, 1, 1, 0], test: 0", "greater than 0"),
    changed("extends nothing", "seed: 1", "extends: nowhere.yaml", "c.yaml:2:10", "there is no file"),
    changed("extends itself", "seed: 1", "extends: c.yaml", "c.yaml:2:10", "leads back to this file"),
    changed("extends a number", "seed: 1", "extends: 5", "c.yaml:2:10", "expected the path of another config"),
    changed("extends a folder", "seed: 1", "extends: .", "c.yaml:2:10", "there is no file"),
    changed("extends a NUL", "seed: 1", 'extends: "a\\0b"', "c.yaml:2:10", "expected the path"),
    changed("extends a home of nobody", "seed: 1", "extends: ~nobody-here/x.yaml", "c.yaml:2:10", "there is no file"),
    changed("the home of nobody", INLINE, "data: {source: csv, path: ~nobody-here/x, targets: y}\n", "c.yaml:3:27",
            "home"),
    Case("a base of nonsense", good("seed: 1", "extends: b.yaml") | {"b.yaml": "a: [\n"}, CONFIG, ("b.yaml:2:1",)),
    Case(
        "a base with a mistake",
        {"c.yaml": "extends: b.yaml\ntraining: {optimizer: {learning_rate: 1}}\n",
         "b.yaml": GOOD.replace("epochs: 1", "epochs: 1, optimizer: adma")},
        CONFIG, ("b.yaml:5:61", "did you mean 'adam'?"),
    ),
    Case(
        "several mistakes at once",
        {"c.yaml": GOOD.replace("seed", "sead").replace("mlp", "mpl").replace("epochs: 1", "epochs: x")},
        CONFIG, ("c.yaml:2:1", "c.yaml:4:15", "c.yaml:5:47", "3 problems in c.yaml"),
    ),
]  # fmt: skip


def foreign(old, new, said):
    """A word of somebody else's in the good config, and what it must be answered with."""
    return Case(new, good(old, new), CONFIG, (said,))


def key(line, said):
    """A key among the training's that stands there in somebody else's files."""
    return foreign("epochs: 1", f"epochs: 1, {line}", said)


def model(value, said):
    return foreign(MODEL, f"model: {value}\n", said)


def source(value, said):
    return foreign(INLINE, f"data: {value}\n", said)


def layer(value, said):
    return model(f"{{type: sequential, layers: [{value}]}}", said)


def option(words, *said):
    return Case(" ".join(words), {"c.yaml": GOOD}, USAGE, said, words)


FOREIGN = [
    key("lr: 0.1", "write learning_rate under training.optimizer"),
    key("optimizer: adam, lr: 0.1", "write optimizer: {type: adam, learning_rate: 0.1}"),
    key("optimizer: {type: adam, lr: 0.1}", "did you mean 'learning_rate'? one of: learning_rate, amsgrad"),
    key("optimizer: {type: adam, learning-rate: 0.1}", "did you mean 'learning_rate'?"),
    key("optimizer: {type: adam, eps: 0.1}", "did you mean 'epsilon'?"),
    key("optimizer: {type: adam, betas: [0.9, 0.99]}", "write beta_1 and beta_2"),
    key("optimizer: {name: Adam, lr: 0.1}", "write type: adam"),
    key("optimizer: {Adam: {lr: 0.1}}", "write {type: adam, lr: …}"),
    key("optimizer: Adam", "did you mean 'adam'? one of: adam, adadelta"),
    key("optimizer: SGD", "did you mean 'sgd'? one of: sgd, adadelta"),
    key("optimizer: tf.keras.optimizers.Nadam(0.1)", "did you mean 'nadam'?"),
    key("optimizer: momentum", "did you mean 'sgd'?"),
    key("optimizer: 0.1", "or the name of an optimizer, got 0.1"),
    key("batchsize: 4", "did you mean 'batch_size'? one of: batch_size, checkpoint_seconds"),
    key("batch: 4", "did you mean 'batch_size'?"),
    key("'batch-size': 4", "did you mean 'batch_size'?"),
    key("lr_scheduler: cosine", "learning_rate: {type: cosine_decay, …}"),
    key("patience: 3", "write patience under training.early_stopping or training.reduce_lr_on_plateau"),
    key("validation_split: 0.1", "write validation under data"),
    key("verbose: 1", "--quiet"),
    key("callbacks: []", "early_stopping and reduce_lr_on_plateau stand under training"),
    key("gpu: true", "--device gpu"),
    key("seed: 1", "write seed at the top of the file"),
    key("dropout: 0.1", "write dropout under model"),
    key("EarlyStopping: {}", "did you mean 'early_stopping'?"),
    key("early_stopping: true", "write early_stopping: {patience: 5}"),
    key("early_stopping: 3", "write early_stopping: {patience: 3}"),
    key("early_stopping: val_loss", "write early_stopping: {monitor: validation_loss}"),
    key("early_stopping: false", "leave the key out"),
    key("reduce_lr_on_plateau: true", "write reduce_lr_on_plateau: {patience: 5}"),
    key("early_stopping: {monitor: val_loss}", "did you mean 'validation_loss'? For that, set data.validation"),
    key("early_stopping: {monitor: acc}", "list accuracy under training.metrics"),
    key("metrics: [accuracy], early_stopping: {monitor: acc}", "did you mean 'accuracy'?"),
    key("metrics: accuracy", "write metrics: [accuracy]"),
    key("metrics: acc", "write metrics: [accuracy]"),
    key("metrics: [acc]", "did you mean 'accuracy'?"),
    key("metrics: [roc_auc]", "did you mean 'auc'?"),
    key("metrics: [f1]", "did you mean 'f1_score'? one of: f1_score, accuracy"),
    key("metrics: [rmse]", "did you mean 'root_mean_squared_error'?"),
    key("metrics: [r2]", "did you mean 'r2_score'?"),
    key("mixed_precision: true", "did you mean 'dtype_policy'?"),
    key("dtype_policy: fp16", "did you mean 'mixed_float16'?"),
    key("class_weight: true", "did you mean 'balanced'?"),
    key("steps_per_epoch: 3", "an epoch is every training row once"),
    key("wibble: 3", "expected one of: batch_size, checkpoint_seconds, class_weight, dtype_policy, early_stopping, "
        "epochs, loss, metrics and 3 more"),
    foreign("epochs: 1", "num_epochs: 1", "did you mean 'epochs'?"),
    *(foreign("loss: binary_crossentropy", f"loss: {word}", f"did you mean '{ours}'? one of: {ours}, ")
      for word, ours in {
          "mse": "mean_squared_error", "MSELoss": "mean_squared_error", "mae": "mean_absolute_error",
          "rmse": "mean_squared_error", "bce": "binary_crossentropy", "binary_cross_entropy": "binary_crossentropy",
          "cce": "categorical_crossentropy", "keras.losses.Huber()": "huber", "smooth_l1": "huber",
      }.items()),
    foreign("seed: 1", "random_state: 1", "did you mean 'seed'?"),
    foreign("seed: 1", "epochs: 5", "write epochs under training"),
    foreign("seed: 1", "epcohs: 5", "write epochs under training"),
    foreign("seed: 1", "validation_split: 0.1", "write validation under data"),
    foreign("name: good", "title: good", "did you mean 'name'?"),
    model("{type: mlp, hidden_units: 4}", "write hidden_units: [4]"),
    model("{type: mlp, hidden_units: '64, 32'}", "write hidden_units: [64, 32]"),
    model("{type: mlp, hidden_units: [4], activation: Relu}", "did you mean 'relu'? one of: relu, celu"),
    model("{type: mlp, hidden_units: [4], activation: swish}", "did you mean 'silu'?"),
    model("{type: mlp, hidden_units: [4], kernel_initializer: xavier_uniform}", "did you mean 'glorot_uniform'?"),
    model("{type: mlp, hidden_units: [4], kernel_regularizer: 0.01}",
          "write kernel_regularizer: {type: l2, l2: 0.01}"),
    model("{type: mlp, hidden_units: [4], dropout_rate: 0.1}", "did you mean 'dropout'?"),
    model("{type: mlp, units: 4}", "did you mean 'hidden_units'?"),
    model("{type: mlp, hidden_units: [4], epochs: 4}", "write epochs under training"),
    model("{hidden_units: [4]}", "write type: mlp"),
    model("MLP", "did you mean 'mlp'?"),
    model('{type: cnn, filters: "32"}', "write filters: [32]"),
    model("{type: cnn, filters: [2], kernel_size: [3, 3]}", "write kernel_size: 3"),
    model("{type: cnn, filters: [2], kernel_size: (3, 3)}", "write a list in square brackets"),
    layer("Conv2D", "did you mean 'conv2d'? one of: conv2d, activation"),
    layer("MaxPooling2D", "did you mean 'max_pooling2d'?"),
    layer("{type: Dense, units: 1}", "did you mean 'dense'?"),
    layer("{Dense: {units: 1}}", "write {type: dense, units: …}"),
    layer("Linear", "did you mean 'dense'?"),
    layer("BatchNorm2d", "did you mean 'batch_normalization'?"),
    layer("64", "write {type: dense, units: 64}"),
    layer("LSTM", "this version has no such layer"),
    layer("{type: dense, units: 1, input_shape: [2]}", "it follows from the data"),
    layer("{type: dense, units: 1, dropout: 0.2}", "it is a layer of its own: {type: dropout, …}"),
    layer("{type: dropout, p: 0.2}", "did you mean 'rate'?"),
    layer("{type: dropout, rate: 20%}", "write rate: 0.2"),
    layer("{type: rescaling, scale: 1./255}", "write scale: 0.00392156863"),
    layer("{type: conv2d, filters: 2, kernel_size: 3x3}", "write kernel_size: [3, 3]"),
    layer("{type: conv2d, filters: 2, kernel_size: 3, padding: SAME}", "did you mean 'same'?"),
    source("{type: csv, path: a.csv, targets: y}", "write source: csv"),
    source("{path: a.csv, targets: y}", "write source: csv"),
    source("train.csv", "write data: {source: csv, path: train.csv, targets: …}"),
    source("{source: csv, file: a.csv, targets: y}", "did you mean 'path'?"),
    source("{source: csv, path: a.csv, target: y}", "did you mean 'targets'?"),
    source("{source: csv, path: a.csv, targets: y, sep: x}", "did you mean 'delimiter'?"),
    source("{source: csv, path: a.csv, targets: y, features: a}", "write features: [a]"),
    source("{source: csv, path: a.csv, targets: y, validation: 20%}", "write validation: 0.2"),
    source("{source: csv, path: a.csv, targets: y, validation: '0.2'}", "write validation: 0.2"),
    source("{source: csv, path: a.csv, targets: y, validation_split: 0.2}", "did you mean 'validation'?"),
    source("{source: csv, path: a.csv, targets: y, shuffle: true}", "write shuffle under training"),
    source("{source: image_folder, path: a, target_size: [4, 4]}", "did you mean 'image_size'?"),
    source("{source: image_folder, path: a, image_size: 64}", "write image_size: [64, 64]"),
    source("{source: image_folder, path: a, color_mode: grey}", "did you mean 'grayscale'?"),
    source("{source: MNIST}", "did you mean 'mnist'?"),
    option(("train", "c.yaml", "--lr", "0.1"), "no such option: --lr", "--set training.optimizer.learning_rate=0.1"),
    option(("train", "c.yaml", "--batch-size=8"), "write --set training.batch_size=8"),
    option(("train", "c.yaml", "--seed", "1"), "write --set seed=1"),
    option(("train", "c.yaml", "-epochs", "5"), "no such option: -epochs", "write --set training.epochs=5"),
    option(("train", "c.yaml", "--training.epochs", "5"), "write --set training.epochs=5"),
    option(("check", "c.yaml", "--optimizer", "SGD"), "write --set training.optimizer=sgd"),
    option(("check", "c.yaml", "--hidden-units", "64"), "write --set 'model.hidden_units=[64]'"),
    option(("train", "c.yaml", "--data", "x.csv"), "write --set data.path=x.csv"),
    option(("train", "c.yaml", "--patience", "3"), "--set training.early_stopping.patience=3 or --set"),
    option(("train", "c.yaml", "--gpu"), "write --device gpu"),
    option(("train", "c.yaml", "--output-dir", "o"), "write --run-dir o"),
    option(("train", "c.yaml", "--run-dri", "o"), "did you mean --run-dir?"),
    option(("train", "c.yaml", "--verbose", "2"), "--quiet"),
    option(("train", "--config", "c.yaml"), "CONFIG needs no option: dltool train c.yaml"),
    option(("train", "c.yaml", "--wibble"), "no such option: --wibble", "dltool train -h"),
    option(("train", "c.yaml", "epochs=5"), "epochs=5 is no file", "write --set training.epochs=5"),
    option(("check", "c.yaml", "training.epochs=5"), "write --set training.epochs=5"),
    option(("predict", "runs/x", "a.csv", "--out", "o.csv"), "write --output o.csv"),
    option(("evaluate", "runs/x", "--test-data", "a.csv"), "write --data a.csv"),
    option(("evaluate", "runs/x", "--batch-size", "3"), "training.batch_size is a key of the config"),
    option(("sweep", "s.yaml", "--epochs", "3"), "write training.epochs into the sweep file"),
    option(("sweep", "s.yaml", "--n-jobs", "3"), "write --jobs 3"),
    option(("fit", "c.yaml"), "no such command 'fit'", "did you mean 'train'?"),
    option(("eval", "runs/x"), "did you mean 'evaluate'?"),
    option(("c.yaml",), "write dltool train c.yaml"),
    option(("wibble",), "expected one of: check, compare, evaluate, init, predict, reproduce, runs, schema"),
]  # fmt: skip

INLINE_DATA = [
    Case("label 1.7", good("[0, 1, 1, 0]", "[0, 1.7, 1, 0]"), DATA, ("data.targets[1]", "1.7", "whole number")),
    Case("label -1", good("[0, 1, 1, 0]", "[0, -1, 1, 0]"), DATA, ("data.targets[1]", "-1", "from 0")),
    Case("a label beyond 64 bits", good("[0, 1, 1, 0]", f"[0, {10**30}, 1, 0]"), DATA, ("data.targets[1]", "1e+30")),
    Case("a label beyond 63 bits", good("[0, 1, 1, 0]", f"[0, {2**63}, 1, 0]"), DATA, ("data.targets[1]",)),
    Case("one class alone", good("[0, 1, 1, 0]", "[1, 1, 1, 1]"), DATA, ("data.targets", "at least two classes")),
    Case("beyond float32", good("[1, 0]", "[1e39, 0]"), DATA, ("data.features[2, 0]", "float32")),
    Case(
        "label 10 of 10",
        good("targets: [0, 1, 1, 0]", f"targets: [0, 10, 1, 0], classes: {[str(i) for i in range(10)]}"),
        DATA, ("data.targets[1]", "label 10", "10 classes"),
    ),
    Case(
        "a class only in validation",
        good("targets: [0, 1, 1, 0]", "targets: [0, 3, 1, 0], validation: {features: [[1, 1]], targets: [2]}"),
        DATA, ("data.validation.targets[0]", "label '2'", "no training row is of that class"),
    ),
    Case(
        "a word only in validation",
        good("targets: [0, 1, 1, 0]", "targets: [a, b, b, a], validation: {features: [[1, 1]], targets: [c]}"),
        DATA, ("data.validation.targets[0]", "label 'c'", "not one of the classes: a, b"),
    ),
    Case(
        "a test part of another width",
        good("targets: [0, 1, 1, 0]", "targets: [0, 1, 1, 0], test: {features: [[1, 1, 1]], targets: [1]}"),
        DATA, ("data.test.features", "(3,)", "expected (2,)"),
    ),
]  # fmt: skip

FIT = [
    changed("three classes for a binary loss", "[0, 1, 1, 0]", "[0, 1, 2, 0]", "c.yaml:5", "two classes",
            "categorical"),
    changed("a metric of another task", "epochs: 1", "epochs: 1, metrics: [mean_squared_error]", "c.yaml:5",
            "regression"),
    changed("a monitor of nothing", "epochs: 1", "epochs: 1, early_stopping: {monitor: acc}",
            "no metric is called 'acc'"),
    changed("ten units for two classes", MODEL,
            "model: {type: sequential, layers: [{type: dense, units: 10, activation: sigmoid}]}\n",
            "c.yaml:4:57", "expected 1 unit"),
    changed("an image layer on a table", MODEL, "model: {type: cnn, filters: [2]}\n", "c.yaml:4", "conv2d", "(2)"),
    changed("no activation for a crossentropy", MODEL,
            "model: {type: sequential, layers: [{type: dense, units: 1}]}\n", "c.yaml:4:36", "expects sigmoid"),
    Case("a convolution larger than the picture", images(more="image_size: [4, 4]") | {
        "c.yaml": "name: c\ndata: {source: image_folder, path: pictures}\n"
                  "model: {type: cnn, filters: [2, 2, 2, 2]}\n" + TRAINING}, CONFIG, ("c.yaml:3", "max_pooling2d")),
]  # fmt: skip

TABLES = [
    table("UTF-16", TABLE.encode("utf-16"), "t.csv: text in UTF-16", "save it as CSV in UTF-8", "iconv -f UTF-16"),
    table("UTF-16 of the other order", b"\xfe\xff" + TABLE.encode("utf-16-be"), "t.csv: text in UTF-16"),
    table("UTF-16 without a mark", TABLE.encode("utf-16-le"), "t.csv: text in UTF-16", "iconv"),
    table("UTF-16 without a mark, big-endian", TABLE.encode("utf-16-be"), "t.csv: text in UTF-16"),
    table("UTF-32", TABLE.encode("utf-32"), "t.csv: text in UTF-32"),
    table("gzip", gz(TABLE.encode()), "t.csv: compressed by gzip, no CSV: unpack it", "gunzip"),
    table("bzip2", bz2.compress(TABLE.encode()), "t.csv: compressed by bzip2", "bunzip2"),
    table("xz", lzma.compress(TABLE.encode()), "t.csv: compressed by xz"),
    table("Zstandard", pa.compress(TABLE.encode(), "zstd", asbytes=True), "t.csv: compressed by Zstandard", "zstd -d"),
    table("ZIP", zipped([("t.csv", TABLE.encode())]), "t.csv: a ZIP archive, no CSV: unpack it"),
    table("Excel", workbook("xl/workbook.xml"), "t.csv: an Excel workbook", "save the sheet as CSV in UTF-8"),
    table("Excel of old", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504), "an Excel workbook (.xls)"),
    table("OpenDocument", workbook("content.xml"), "t.csv: an OpenDocument sheet", "save the sheet"),
    table("Parquet", parquet(), "t.csv: a Parquet file", "save it as CSV in UTF-8"),
    table("Arrow", b"ARROW1\0\0\xff\xff\xff\xff", "t.csv: an Arrow (Feather) file"),
    table("SQLite", b"SQLite format 3\0\x10\0", "t.csv: an SQLite database"),
    table("HDF5", b"\x89HDF\r\n\x1a\n\0\0", "t.csv: an HDF5 file"),
    table("NPY", npy(X), "t.csv: a NumPy array", "numpy.savez"),
    table("NPZ", archive({"x_train": X}), "t.csv: a NumPy archive (NPZ)", "data.source: npz"),
    table("pickle", pickle.dumps([1], 4), "t.csv: a Python pickle", "not opened"),
    table("HTML", "\n<!DOCTYPE html>\n<html></html>\n", "t.csv: an HTML page"),
    table("JSON", '[{"a": 1, "y": "no"}]\n', "t.csv: a JSON file"),
    table("Git LFS", "version https://git-lfs.github.com/spec/v1\n", "t.csv: a placeholder of Git LFS", "git lfs pull"),
    table("TIFF", picture("TIFF"), "t.csv: a TIFF image"),
    table("sep=;", "sep=;\n" + TABLE.replace(",", ";"), "t.csv: the first line is Excel's note of the delimiter: remove",
          "data.delimiter: ;"),
    table("sep=; after a mark", b"\xef\xbb\xbfsep=;\r\na;y\r\n1;no\r\n", "data.delimiter: ;", more="header: false"),
    table("sep= of a tab", "sep=\t\na\ty\n1\tno\n", 'data.delimiter: "\\t"'),
    table("a target in other letters", "a,b,Y\n1,2,no\n3,4,yes\n", "no column 'y'; did you mean 'Y'?"),
    table("a header in Latin-1", "é,y\n1,a\n2,b\n".encode("latin-1"), "t.csv", "header is not UTF-8"),
    table("a cell in Latin-1", "a,y\n1,é\n2,b\n".encode("latin-1"), "t.csv, row 1 (line 2), column 'y'",
          "save the file as UTF-8"),
    table("semicolons", TABLE.replace(",", ";"), "t.csv", "no column 'y'", "is ',' the delimiter", "data.delimiter"),
    table("tabs", TABLE.replace(",", "\t"), "t.csv", "no column 'y'", "is ',' the delimiter", "data.delimiter"),
    table("decimal commas", "a;y\n1,5;n\n2,5;j\n3,5;n\n", "t.csv, row 1 (line 2), column 'a'", "write 1.5",
          more="delimiter: ;"),
    table("a decimal comma", "a;y\n1;n\n2,5;j\n3;n\n", "t.csv, row 2 (line 3), column 'a'", "write 2.5",
          more="delimiter: ;"),
    table("decimal commas to predict", "a;y\n1;1,5\n2;2,5\n3;3\n", "row 1 (line 2), column 'y'", "write 1.5",
          more="delimiter: ;", training=REGRESSION),
    table("a cell too few", "a,b,y\n1,2,no\n3,yes\n", "t.csv, row 2 (line 3)", "2 cells", "expected 3"),
    table("a cell too many", "a,b,y\n1,2,no\n3,4,yes,\n", "t.csv, row 2 (line 3)", "4 cells", "expected 3"),
    table("a ragged row after a line break", 'a,b,y\n1,2,"n\no"\n3,yes\n', "t.csv, row 2 (line 4)", "2 cells"),
    table("equal columns", "a,a,y\n1,2,no\n", "t.csv", "two columns are named 'a'"),
    table("a column without a name", ",b,y\n1,2,no\n3,4,yes\n", "t.csv", "column 1 has no name"),
    table("empty", "", "t.csv", "the file is empty", "expected a header and rows"),
    table("a mark alone", b"\xef\xbb\xbf", "t.csv", "the file is empty"),
    table("blank lines", "\n\n\n", "t.csv", "the file is empty"),
    table("a header alone", "a,b,y\n", "t.csv", "no rows"),
    table("no header", "1,2,no\n3,4,yes\n", "t.csv", "no column 'y'", "there is: 1, 2, no"),
    table("a target misspelt", "a,b,Y\n1,2,no\n3,4,yes\n", "t.csv", "no column 'y'"),
    table("no features", "y\nno\nyes\n", "t.csv", "no column is left to predict from"),
    table("line ends of old", TABLE.replace("\n", "\r"), "t.csv", "carriage return", "ordinary line ends"),
    table("labels that differ in spaces", "a,y\n1,cat\n2,dog\n3, cat\n", "t.csv, row 3 (line 4), column 'y'", "' cat'",
          "differ in spaces alone"),
    table("texts that differ in spaces", "a,b,y\n1,x,no\n2,z,yes\n3,x ,no\n", "t.csv, row 3 (line 4), column 'b'",
          "'x '",
          "differ in spaces alone"),
    table("NUL bytes in the header", "a\0,y\n1,no\n", "t.csv", "not UTF-8 text"),
    table("NUL bytes in a cell", "a,y\n1\0,no\n2,yes\n3,no\n", "t.csv, row 1 (line 2), column 'a'", "is not a number"),
    table("an open quote", 'a,b,y\n1,"2,no\n3,4,yes\n', "t.csv, row 1 (line 2)", "to line 3: is a quote left open?"),
    table("an open quote in the header", '"a,b,y\n1,2,no\n', "t.csv: the header cannot be read",
          "is a quote left open?"),
    table("an image", picture(), "t.csv: a PNG image", "image_folder"),
    table("1e400", "a,b,y\n1,1e400,no\n3,4,yes\n", "t.csv, row 1 (line 2), column 'b'", "too large for float32"),
    table("infinity", "a,b,y\n1,2,no\n3,-inf,yes\n", "t.csv, row 2 (line 3), column 'b'", "finite number"),
    table("a word among numbers", "a,y\n1,n\nx,j\n3,n\n", "t.csv, row 2 (line 3), column 'a'", "'x' is not a number"),
    table("a missing value", "a,b,y\n1,,no\n,,yes\n", "t.csv, row 2 (line 3), column 'a'", "1 in 'a', 2 in 'b'",
          "data.missing"),
    table("NaN", "a,y\n1,no\nNaN,yes\n", "t.csv, row 2 (line 3), column 'a'", "missing", "1 in 'a'"),
    table("a missing label", "a,y\n1,no\n2,\n3,yes\n", "t.csv, row 2 (line 3), column 'y'", "missing"),
    table("label 1.7", "a,y\n1,0\n2,1.7\n3,1\n", "t.csv, row 2 (line 3), column 'y'", "class label 1.7", "regression"),
    table("one class alone", "a,y\n1,no\n2,no\n", "t.csv, column 'y'", "at least two classes"),
    table("a word to predict", "a,y\n1,1\n2,two\n3,3\n", "row 2 (line 3), column 'y'", "'two' is not a number",
          training=REGRESSION),
    table("words to predict", "a,y\n1,one\n2,two\n", "row 1 (line 2), column 'y'", "'one' is not a number",
          training=REGRESSION),
    table("1e400 to predict", "a,y\n1,1\n2,1e400\n", "row 2 (line 3), column 'y'", "too large", training=REGRESSION),
    table("names of persons", "t,y\n" + "".join(f"name {i},{'ab'[i % 2]}\n" for i in range(50)), "column 't'",
          "50 different texts", "leave the column out"),
    table("too few rows to validate", TABLE, "data.validation", "no row at all", "larger fraction",
          more="validation: 0.1"),
    table("a class only in validation", TABLE, "v.csv, row 1 (line 2), column 'y'", "'maybe'", "no, yes",
          more="validation: v.csv", **{"v.csv": "a,b,y\n1,2,maybe\n"}),
    table("other columns in the test part", TABLE, "v.csv", "no column 'b'", more="test: v.csv",
          **{"v.csv": "a,c,y\n1,2,no\n"}),
    table("NaN in the test part", TABLE, "v.csv, row 1 (line 2), column 'b'", "missing", more="test: v.csv",
          **{"v.csv": "a,b,y\n1,,no\n"}),
    Case("no such table", {"c.yaml": csv()["c.yaml"]}, MISSING, ("t.csv", "no such file")),
    Case("a table of nearly that name", csv() | {"c.yaml": config("{source: csv, path: tt.csv, targets: y}")}, MISSING,
         ("tt.csv", "did you mean", "t.csv")),
    Case("a folder for a table", {"c.yaml": csv()["c.yaml"], "t.csv": None}, MISSING, ("t.csv", "expected a file")),
    Case("a NUL in a path", {"c.yaml": config('{source: csv, path: "t\\0.csv", targets: y}')}, CONFIG,
         ("c.yaml:2:27", "NUL character", "data.path")),
    Case("a path too long", {"c.yaml": config(f"{{source: csv, path: {'x' * 300}, targets: y}}")}, MISSING,
         ("File name too long",)),
    Case("a delimiter of two", csv(more="delimiter: ';;'"), CONFIG, ("c.yaml:2", "delimiter", "at most 1 character")),
    Case("a delimiter that ends lines", csv(more='delimiter: "\\n"'), CONFIG, ("c.yaml:2", "delimiter")),
    Case("a quote for a delimiter", csv(more="delimiter: '\"'"), CONFIG, ("c.yaml:2", "delimiter")),
    Case("a delimiter beyond ASCII", csv(more="delimiter: é"), CONFIG, ("c.yaml:2", "delimiter")),
]  # fmt: skip

SEVEN_TIB = "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000, 2), }"
OBJECTS = np.array([{}, {}, {}, {}, {}, {}], object)
ARRAYS = [
    Case("7 TiB", npz_header(SEVEN_TIB, bytes(48)), DATA, ("a.npz, x_train", "8000000000000 bytes", "truncated")),
    Case("a negative shape", npz_header("{'descr': '<f4', 'fortran_order': False, 'shape': (-3, -4), }", bytes(48)),
         DATA, ("a.npz, x_train", "(-3, -4)")),
    Case("a header that is no Python", npz_header("z{'descr': '<f4', 'fortran_order': False, 'shape': (6, 2), }"), DATA,
         ("a.npz, x_train", "header")),
    Case("a header that ends midway", npz_header("{'descr': '<f4', 'fortran_order': False, 'shape': (6, 2"), DATA,
         ("a.npz, x_train", "header")),
    Case("a header of 3,000 brackets", npz_bytes(zipped([("x_train.npy", header("[" * 3000)),
         ("y_train.npy", npy(Y))])),
         DATA, ("a.npz, x_train", "header")),
    Case("a shape of words", npz_header("{'descr': '<f4', 'fortran_order': False, 'shape': ('a',), }"), DATA,
         ("a.npz, x_train", "header")),
    Case("a header that is a call", npz_header("__import__('os').system('exit')"), DATA, ("a.npz, x_train", "header")),
    Case("an unknown type", npz_header("{'descr': '<q9', 'fortran_order': False, 'shape': (6, 2), }"), DATA,
         ("a.npz, x_train", "header")),
    Case("Python objects", npz(x_train=OBJECTS), REFUSED, ("a.npz, x_train", "could run code", "save numbers")),
    Case("Python objects as labels", npz(y_train=OBJECTS), REFUSED, ("a.npz, y_train", "could run code")),
    Case("arrays of one name", npz_bytes(zipped([("x_train.npy", npy(X)), ("x_train.npy", npy(X + 1)),
         ("y_train.npy", npy(Y))])), DATA, ("a.npz", "two arrays are named 'x_train'")),
    Case("no ZIP", npz_bytes(b"not a zip"), DATA, ("a.npz", "not a whole NPZ file")),
    Case("empty", npz_bytes(b""), DATA, ("a.npz", "not a whole NPZ file")),
    Case("an NPY", npz_bytes(npy(X)), DATA, ("a.npz: one NumPy array (NPY)", "numpy.savez")),
    Case("an Excel workbook", npz_bytes(workbook("xl/workbook.xml")), DATA, ("a.npz: an Excel workbook",)),
    Case("truncated", npz_bytes(archive({"x_train": X, "y_train": Y})[:-40]), DATA, ("a.npz", "not a whole NPZ file")),
    Case("a flipped bit", npz_bytes(archive({"x_train": X, "y_train": Y}).replace(X.tobytes(), (X + 1).tobytes())),
         DATA, ("a.npz, x_train", "Bad CRC-32")),
    Case("no such array", npz_bytes(archive({"x": X, "y": Y})), DATA,
         ("a.npz", "no array 'x_train'", "there is: x, y")),
    Case("no NumPy array in it", npz_bytes(zipped([("x_train", b"1"), ("y_train", b"1")])), DATA, ("a.npz", "x_train")),
    arrays("NaN", "a.npz, x_train[1, 0]", "nan", x_train=np.array([[0, 1], [np.nan, 1]] * 3, "f4")),
    arrays("NaN in doubles", "a.npz, x_train[1, 0]", "nan", x_train=np.array([[0, 1], [np.nan, 1]] * 3)),
    arrays("infinity", "a.npz, x_train[1, 0]", "inf", x_train=np.array([[0, 1], [np.inf, 1]] * 3, "f2")),
    arrays("beyond float32", "a.npz, x_train[1, 0]", "1e+39", x_train=np.array([[0, 1], [1e39, 1]] * 3)),
    arrays("NaN as a label", "a.npz, y_train[2]", "nan", y_train=np.array([0, 1, np.nan, 1, 0, 1])),
    arrays("NaN to predict", "a.npz, y_train[2]", "nan", y_train=np.array([0, 1, np.nan, 1, 0, 1]),
           training=REGRESSION),
    arrays("NaN in the test part", "a.npz, x_test[0, 1]", "nan", x_test=np.array([[0, np.nan]]), y_test=np.array([0])),
    arrays("complex numbers", "a.npz, x_train", "complex64", "expected numbers", x_train=X.astype("c8")),
    arrays("dates", "a.npz, x_train", "datetime64", x_train=np.zeros((6, 2), "M8[s]")),
    arrays("texts", "a.npz, x_train", "<U1", x_train=np.full((6, 2), "a")),
    arrays("empty texts as labels", "a.npz, y_train", y_train=np.full(6, "")),
    arrays("records", "a.npz, x_train", "expected numbers", x_train=np.zeros(6, [("a", "f4"), ("b", "i4")])),
    arrays("no rows", "a.npz, x_train", "(0, 2)", x_train=X[:0], y_train=Y[:0]),
    arrays("no dimension", "a.npz, x_train", "shape ()", x_train=np.float32(1)),
    arrays("a label too few", "a.npz, x_train has 6 rows", "y_train has 5", y_train=Y[:5]),
    arrays("labels of three axes", "a.npz, y_train", "(6, 1, 1)", y_train=Y.reshape(6, 1, 1)),
    arrays("label 1.7", "a.npz, y_train[1]", "1.7", "whole number", y_train=np.array([0, 1.7, 0, 1, 0, 1])),
    arrays("label -1", "a.npz, y_train[1]", "-1", y_train=np.array([0, -1, 0, 1, 0, 1])),
    arrays("label 10 of 10", "a.npz, y_train[5]", "label 10", "(0 to 9)", training=CATEGORICAL,
           y_train=np.array([0, 1, 2, 3, 4, 10]), more=f"classes: {[f'c{i}' for i in range(10)]}"),
    arrays("label 10 of 10 in the test part", "a.npz, y_test[0]", "label 10", "(0 to 9)", training=CATEGORICAL,
           x_train=np.ones((10, 2)), y_train=np.arange(10), x_test=np.ones((1, 2)), y_test=np.array([10])),
    arrays("a class only in the test part", "a.npz, y_test[0]", "no training row is of that class",
           training=CATEGORICAL, y_train=Y * 3, x_test=X[:1], y_test=np.array([2])),
    arrays("half one-hot", "a.npz, y_train[1]", "not one-hot", training=CATEGORICAL,
           y_train=np.array([[1, 0], [0.5, 0.5]] * 3)),
    arrays("a test part of another width", "a.npz, x_test", "(3,)", "expected (2,)", x_test=np.ones((2, 3)),
           y_test=np.array([0, 1])),
    arrays("test examples without targets", "a.npz", "no array 'y_test'", x_test=X),
    arrays("test targets without examples", "a.npz", "no array 'x_test'", y_test=Y),
    arrays("test arrays that are not there", "a.npz", "no array 'xt'", more="test_features: xt"),
    arrays("too few rows", "data.validation", "no row at all", more="validation: 0.01"),
    Case("no such file", {"c.yaml": npz()["c.yaml"]}, MISSING, ("a.npz", "no such file")),
    Case("no such test file", npz(more="test: b.npz"), MISSING, ("b.npz", "did you mean")),
]  # fmt: skip

PIXELS = np.arange(24).reshape(6, 2, 2)
IDX = [
    Case("trailing bytes", idx(idx_bytes(PIXELS) + b"x"), DATA, ("/x", "24 bytes", "holds 25")),
    Case("truncated", idx(idx_bytes(PIXELS)[:-1]), DATA, ("/x", "24 bytes", "holds 23")),
    Case("trailing bytes within gzip", idx(gz(idx_bytes(PIXELS) + b"x")), DATA, ("/x", "more follow"), TRAIN),
    Case("truncated within gzip", idx(gz(idx_bytes(PIXELS)[:-1])), DATA, ("/x", "ends after 23 of 24"), TRAIN),
    Case("truncated gzip", idx(gz(idx_bytes(PIXELS))[:-6]), DATA, ("/x", "truncated or damaged"), TRAIN),
    Case("a truncated header", idx(idx_bytes(PIXELS)[:9]), DATA, ("/x", "truncated")),
    Case("empty", idx(b""), DATA, ("/x", "truncated")),
    Case("no IDX", idx(b"hello, world"), DATA, ("/x", "68 65 6c 6c", "no IDX header")),
    Case("an unknown type", idx(idx_bytes(PIXELS, kind=7)), DATA, ("/x", "00 00 07 03")),
    Case("no dimension", idx(b"\0\0\x08\0\x05"), DATA, ("/x", "no IDX header")),
    Case("4 TiB", idx(b"\0\0\x08\x03" + b"\0\x01\0\0" * 2 + b"\0\0\x04\0" + bytes(24)), DATA,
         ("/x", "the file holds 24")),
    Case("4 TiB within gzip", idx(gz(b"\0\0\x08\x03" + b"\0\x01\0\0" * 2 + b"\0\0\x04\0" + bytes(24))), DATA,
         ("/x", "cannot hold that")),
    Case("a label too few", idx(targets=idx_bytes(Y[:5])), DATA, ("/x has 6 rows", "/y has 5")),
    Case("labels for images", idx(targets=idx_bytes(PIXELS)), DATA, ("/y", "(6, 2, 2)")),
    Case("NaN", idx(idx_bytes([[0, 1], [np.nan, 1]] * 3, 0x0D, ">f4")), DATA, ("/x[1, 0]", "nan")),
    Case("label -1", idx(targets=idx_bytes([0, 1, -1, 1, 0, 1], 9, "i1")), DATA, ("/y[2]", "-1")),
    Case("no such file", {"c.yaml": idx()["c.yaml"], "x": idx()["x"]}, MISSING, ("/y", "no such file")),
]  # fmt: skip

JPEG = picture("JPEG", (64, 64), None)
IMAGES = [
    Case("a truncated JPEG", images(**{"dog__3.jpg": JPEG[:-500]}), DATA, ("dog/3.jpg", "truncated"), TRAIN),
    Case("a truncated first JPEG", images(**{"cat__0.jpg": JPEG[:300]}), DATA, ("cat/0.jpg", "cannot be read"), TRAIN),
    Case("a truncated PNG", images(**{"dog__3.png": picture(size=(64, 64), value=None)[:500]}), DATA,
         ("dog/3.png", "cannot be read"), TRAIN),
    Case("text named .jpg", images(**{"dog__3.jpg": "hello"}), DATA, ("dog/3.jpg", "cannot be read"), TRAIN),
    Case("an empty file", images(**{"dog__3.jpg": b""}), DATA, ("dog/3.jpg", "cannot be read"), TRAIN),
    Case("a TIFF named .png", images(**{"dog__3.png": picture("TIFF")}), DATA, ("dog/3.png", "cannot be read"), TRAIN),
    Case("16-bit grey", images(**{"dog__3.png": deep_png(0, 1)}), DATA, ("dog/3.png", "more than 8 bits"), TRAIN),
    Case("16-bit colours", images(**{"dog__3.png": deep_png()}), DATA, ("dog/3.png", "more than 8 bits"), TRAIN),
    Case("60,000 x 60,000 pixels", images(**{"cat__0.png": huge_png()}), DATA, ("cat/0.png", "pixels"), TRAIN),
    Case("10,289,156 pixels wide", images(**{"cat__0.webp": wide_webp()}), DATA,
         ("cat/0.webp", "10289156", "at most 65535"), TRAIN),
    Case("mixed sizes", images(**{"dog__3.png": picture(size=(5, 6))}), DATA,
         ("dog/3.png is 5 x 6", "cat/1.png is 4 x 4", "set data.image_size"), TRAIN),
    Case("an empty class folder", images(bird=None), DATA, ("pictures/bird", "no image in it")),
    Case("a class folder without images", images(**{"bird__note.txt": "x"}), DATA,
         ("pictures/bird", "no image in it")),
    Case("no class folder", {"c.yaml": images()["c.yaml"], "pictures/1.png": picture()}, DATA,
         ("pictures", "a folder of images for each class")),
    Case("one class folder", {"c.yaml": images()["c.yaml"], "pictures/cat/1.png": picture()}, DATA,
         ("pictures", "'cat'", "at least two classes")),
    Case("numbers to predict", images(training=REGRESSION), DATA, ("pictures", "choose a crossentropy loss")),
    Case("no such folder", {"c.yaml": images()["c.yaml"]}, MISSING, ("pictures", "no such folder")),
    Case("a file for a folder", {"c.yaml": images()["c.yaml"], "pictures": "x"}, MISSING, ("expected a folder",)),
    Case("a class only in the test part", images(more="test: more") | {"more/bird/1.png": picture()}, DATA,
         ("more", "label 'bird'", "cat, dog")),
    Case("a size of one number", images(more="image_size: [4]"), CONFIG,
         ("c.yaml:2", "image_size", "at least 2 items")),
]  # fmt: skip

RUN = {"runs/r/keep.txt": "mine"}
LINES = [
    Case("an unknown command", {}, USAGE, ("no such command 'tran'", "did you mean 'train'?"), ("tran", "c.yaml")),
    Case(
        "an unknown option",
        {"c.yaml": GOOD},
        USAGE,
        ("write --set training.epochs=3",),
        ("train", "c.yaml", "--epochs", "3"),
    ),
    Case("no config", {}, USAGE, ("CONFIG",), ("train",)),
    Case("a config too many", {"c.yaml": GOOD}, USAGE, ("c.yaml",), ("check", "c.yaml", "c.yaml")),
    Case("an empty name", {}, MISSING, (), ("check", "")),
    Case("no such config", {"c.yaml": GOOD}, MISSING, ("cc.yaml", "did you mean c.yaml?"), ("check", "cc.yaml")),
    Case("a folder for a config", {"c.yaml": None}, MISSING, ("c.yaml is not a file",)),
    Case("no such template", {}, USAGE, ("rnn",), ("init", "rnn")),
    Case("a device of fancy", {"c.yaml": GOOD}, USAGE, ("auto, cpu, gpu or gpu:N",), (*TRAIN, "--device", "tpu")),
    Case("a used run directory", {"c.yaml": GOOD} | RUN, CANNOT_CREATE, ("runs/r",), (*TRAIN, "--run-dir", "runs/r")),
    Case("no such run", {}, MISSING, ("runs/x",), ("evaluate", "runs/x")),
    Case("a run that is none", RUN, MISSING, ("runs/r",), ("evaluate", "runs/r")),
    Case("a run that is none, to predict", RUN, MISSING, ("runs/r",), ("predict", "runs/r", "-"), "a\n1\n"),
    Case("an unknown part", RUN, USAGE, ("'exam'", "validation"), ("evaluate", "runs/r", "--split", "exam")),
    Case("an unknown format", RUN, USAGE, ("'xml'", "jsonl"), ("predict", "runs/r", "-", "--format", "xml")),
    Case(
        "parquet to a terminal",
        RUN,
        USAGE,
        ("standard output", "-o"),
        ("predict", "runs/r", "-", "--format", "parquet"),
    ),
    Case("the likeliest none", RUN, USAGE, ("--top",), ("predict", "runs/r", "-", "--top", "0")),
    setting("a setting without a value", "training.epochs", CONFIG, "--set training.epochs", "PATH=VALUE"),
    setting("a setting without a path", "=3", CONFIG, "--set =3", "PATH=VALUE"),
    setting("an open bracket", "training[epochs=3", CONFIG, "--set training[epochs=3", "PATH=VALUE"),
    setting("a bracket of words", "training[epochs]=3", CONFIG, "PATH=VALUE"),
    setting("two dots", "training..epochs=3", CONFIG, "PATH=VALUE"),
    setting(
        "an unknown path",
        "training.epoch=3",
        CONFIG,
        "| --set training.epoch=3\n      |       ^^^^^^^^^^^^^^ did you mean 'epochs'?",
    ),
    setting("beyond a list", "model.hidden_units[3]=3", CONFIG, "there is no model.hidden_units[3]"),
    setting("within a number", "seed[0]=3", CONFIG, "there is no seed[0]"),
    setting("no YAML", "training.epochs=[3", CONFIG, "--set training.epochs=[3", "not YAML"),
    setting(
        "no number",
        "training.epochs=three",
        CONFIG,
        "command line: error: expected a whole number, got 'three'",
        "training.epochs=three\n" + pointer(22, 5),
    ),
    setting("a quoted number", "training.epochs='3'", CONFIG, "got '3'", "write --set training.epochs=3"),
    setting("010", "training.epochs=010", CONFIG, "010 may be read in several ways"),
    setting("yes", "training.shuffle=yes", CONFIG, pointer(23, 3) + " write true"),
    setting("a tag", "training.epochs=!!int 3", CONFIG, "is not allowed"),
]

CASES = {
    "text": TEXTS, "value": VALUES, "foreign": FOREIGN, "inline": INLINE_DATA, "fit": FIT, "csv": TABLES,
    "npz": ARRAYS, "idx": IDX, "images": IMAGES, "words": LINES,
}  # fmt: skip
