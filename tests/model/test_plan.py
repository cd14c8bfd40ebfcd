"""What would go wrong is named before anything is loaded, with the place and both facts."""

import re
import warnings
from dataclasses import replace

import pytest

from dltool.config.monitors import metric_names
from dltool.config.needs import TaskName
from dltool.config.validation import validate
from dltool.config.yaml_reader import read_text
from dltool.contracts.signature import InputNumbers, Rows, Signature
from dltool.errors import ConfigError, DataWarning
from dltool.model.plan import plan

HEAD = "name: t\ndata: {source: mnist}\n"
DIGITS = Signature(TaskName.CATEGORICAL, (28, 28, 1), "uint8", 10, tuple("0123456789"))
YES_NO = Signature(TaskName.BINARY, (4,), "float32", 2, ("no", "yes"))
LABELS = Signature(TaskName.BINARY, (4,), "float32", 3)
NUMBERS = Signature(TaskName.REGRESSION, (4,), "float32", 2)
ONE = Signature(TaskName.REGRESSION, (4,), "float32", 1)
CLASSIFY = "training: {loss: categorical_crossentropy, metrics: [accuracy], epochs: 2, batch_size: 32}\n"


def config_of(model, training=CLASSIFY, head=HEAD):
    return validate(read_text(f"{head}model: {model}\n{training}", "c.yaml", "."))


def problems(model, training=CLASSIFY, signature=DIGITS, rows=None, head=HEAD):
    with pytest.raises(ConfigError) as caught:
        plan(config_of(model, training, head), signature, rows or Rows(1000, 100, 100))
    return str(caught.value)


def sequential(*layers):
    return "{type: sequential, layers: [" + ", ".join(layers) + "]}"


SOFTMAX = "{type: dense, units: 10, activation: softmax}"
PLAIN = "name: t\ndata: {source: mnist, scaling: none}\n"


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        (
            ["{type: conv2d, filters: 4, kernel_size: 29}", "flatten", SOFTMAX],
            "layer 1 (conv2d) has nothing left to work on: its window is larger than its input; "
            "its input has shape (28, 28, 1) (model.layers[0])",
        ),
        ([SOFTMAX], "layer 1 (dense) expects an input of shape (features,); its input has shape (28, 28, 1)"),
        ([SOFTMAX], "put a flatten layer before it"),
        (["flatten", "max_pooling2d", SOFTMAX], "layer 2 (max_pooling2d) expects an input of shape (height, width"),
        (
            ["flatten", "{type: dense, units: 7, activation: softmax}"],
            "the last layer (dense) makes an output of shape (7); expected 10 units for 10 classes "
            "(model.layers[1].units)",
        ),
        (
            ["flatten", "{type: dense, units: 10}"],
            "loss categorical_crossentropy expects softmax or sparsemax at the output, "
            "the last layer (dense) has linear",
        ),
        (
            ["{type: rescaling, scale: 0.5}", "flatten", SOFTMAX],
            "the input is scaled twice: by this layer and by data.scaling (rescaling)",
        ),
        (
            ["flatten", "{type: dense, units: 4}", "normalization", SOFTMAX],
            "a normalization layer measures its input before training",
        ),
        (
            ["{type: depthwise_conv2d, kernel_size: 3}", "normalization", "flatten", SOFTMAX],
            "a normalization layer measures its input before training",
        ),
        (
            ["{type: reshape, target_shape: [3, -1]}", "flatten", SOFTMAX],
            "layer 1 (reshape) cannot arrange 784 values as (3, -1); its input has shape (28, 28, 1) (model.layers[0])",
        ),
        (
            ["{type: conv2d, filters: 4, kernel_size: 3, groups: 2}", "flatten", SOFTMAX],
            "layer 1 (conv2d) has groups 2, which must divide both 1 channels and 4 filters",
        ),
        (["{type: batch_normalization, axis: 4}", "flatten", SOFTMAX], "has axis 4, which must be -3…-1 or 1…3"),
        (["flatten", "{type: dense, units: 2000000000}", SOFTMAX], "GiB of memory, this machine has"),
        (["flatten", "{type: dense, units: 2000000000}", SOFTMAX], "(dense) holds 1,570,000,000,000 parameters"),
    ],
)
def test_layers_that_cannot_be(layers, said):
    text = problems(sequential(*layers), head=PLAIN if "normalization" in layers else HEAD)
    assert said in text
    assert text.startswith("c.yaml:3:")
    assert text.endswith("1 problem in c.yaml")


@pytest.mark.parametrize(
    ("training", "signature", "said"),
    [
        ("loss: binary_crossentropy", DIGITS, "loss binary_crossentropy is for two classes, the targets have 10"),
        ("loss: mean_squared_error, metrics: [accuracy]", NUMBERS, "metric accuracy is for binary or categorical"),
        (
            "loss: {type: categorical_crossentropy, from_logits: true}, metrics: [precision]",
            DIGITS,
            "metric precision compares probabilities with thresholds; with from_logits the outputs are none",
        ),
        ("loss: sparse_categorical_crossentropy, metrics: [auc]", DIGITS, "cannot be computed from class indices"),
        (
            "loss: mean_squared_error, class_weight: balanced",
            NUMBERS,
            "class_weight needs classes, the targets are num",
        ),
        ("loss: binary_crossentropy, class_weight: balanced", LABELS, "the targets are several labels at once"),
        (
            "loss: mean_squared_error, threshold: 0.3",
            NUMBERS,
            "is for the probability of one of two classes, and the targets are numbers (training.threshold)",
        ),
        ("loss: categorical_crossentropy, threshold: 0.3", DIGITS, "has an output for each class (training.threshold)"),
        ("loss: hinge, threshold: {maximize: f1}", YES_NO, "loss hinge gives margins"),
        ("loss: binary_crossentropy, threshold: 0.3", LABELS, "the targets are several labels at once"),
        ("loss: mean_squared_error, calibration: temperature", NUMBERS, "loss mean_squared_error gives none"),
        ("loss: hinge, calibration: temperature", YES_NO, "loss hinge gives none (training.calibration)"),
        (
            "loss: categorical_crossentropy, metrics: [{type: top_k_categorical_accuracy, k: 11}]",
            DIGITS,
            "k is 11, but there are only 10 classes (training.metrics[0])",
        ),
        (
            "loss: categorical_crossentropy, early_stopping: {monitor: acuracy}, metrics: [accuracy]",
            DIGITS,
            "no metric is called 'acuracy' (training.early_stopping.monitor)",
        ),
        (
            "loss: categorical_crossentropy, reduce_lr_on_plateau: {monitor: accuracy}",
            DIGITS,
            "no metric is called 'accuracy' (training.reduce_lr_on_plateau.monitor)",
        ),
    ],
)
def test_training_that_does_not_fit_its_targets(training, signature, said):
    task = signature.task if "binary" not in training else TaskName.BINARY
    fitting = Signature(task, signature.input_shape, signature.input_dtype, signature.outputs, signature.classes)
    text = problems("{type: mlp, hidden_units: []}", f"training: {{{training}, epochs: 1}}\n", fitting, head=PLAIN)
    assert said in text
    assert text.startswith("c.yaml:4:")


def test_a_threshold_is_chosen_on_validation_rows():
    training = "training: {loss: binary_crossentropy, epochs: 1, threshold: {maximize: f1}}\n"
    text = problems("{type: mlp, hidden_units: []}", training, YES_NO, Rows(100), PLAIN)
    assert "is seen on the validation part, and there is none (training.threshold.maximize)" in text
    assert "set data.validation: 0.2" in text
    assert plan(config_of("{type: mlp, hidden_units: []}", training, PLAIN), YES_NO, Rows(100, 9))


def test_a_temperature_is_chosen_on_validation_rows():
    training = "training: {loss: binary_crossentropy, epochs: 1, calibration: temperature}\n"
    text = problems("{type: mlp, hidden_units: []}", training, YES_NO, Rows(100), PLAIN)
    assert "is seen on the validation part, and there is none (training.calibration)" in text
    for rows in (Rows(100, 9), Rows(100, folds=3)):
        assert plan(config_of("{type: mlp, hidden_units: []}", training, PLAIN), YES_NO, rows)


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ("{type: dense, units: 10, activation: sparsemax}", "those of sparsemax do not follow from logits"),
        ("{type: dense, units: 10, activation: softmax, activity_regularizer: {type: l2}}",
         "the last layer (dense) has an activity_regularizer"),
        ("{type: dense, units: 10, activation: softmax}, {type: flatten}",
         "the last layer (flatten) does not make them itself"),
        ("{type: dense, units: 10, activity_regularizer: {type: l2}}, {type: activation, activation: softmax}", ""),
    ],
)  # fmt: skip
def test_a_temperature_needs_logits(layers, said):
    training = "training: {loss: categorical_crossentropy, epochs: 1, calibration: temperature}\n"
    model = f"{{type: sequential, layers: [{{type: flatten}}, {layers}]}}"
    if said:
        text = problems(model, training, DIGITS, Rows(100, 9))
        assert said in text
        assert "end with a layer {type: activation, activation: softmax}" in text
    else:
        assert plan(config_of(model, training), DIGITS, Rows(100, 9))


@pytest.mark.parametrize(
    ("signature", "training", "layer", "said"),
    [
        (YES_NO, "loss: binary_crossentropy", "{type: dense, units: 2, activation: sigmoid}",
         "makes an output of shape (2); expected 1 unit for 2 classes with binary_crossentropy"),
        (LABELS, "loss: binary_crossentropy", "{type: dense, units: 2, activation: sigmoid}",
         "expected 3 units for 3 target columns"),
        (NUMBERS, "loss: huber", "{type: dense, units: 1}", "expected 2 units for 2 target columns"),
        (ONE, "loss: huber", "{type: dense, units: 3}", "expected 1 unit for 1 target column"),
        (ONE, "loss: huber", "{type: dense, units: 1, activation: softmax}", "softmax over a single output is always"),
        (YES_NO, "loss: hinge", "{type: dense, units: 1, activation: sigmoid}", "loss hinge expects linear or tanh"),
        (YES_NO, "loss: {type: binary_crossentropy, from_logits: true}",
         "{type: dense, units: 1, activation: sigmoid}", "expects linear at the output, the last layer (dense) has"),
    ],
)  # fmt: skip
def test_outputs_that_do_not_fit_the_targets(signature, training, layer, said):
    text = problems(sequential(layer), f"training: {{{training}, epochs: 1}}\n", signature, head=PLAIN)
    assert said in text
    assert text.startswith("c.yaml:3:")


@pytest.mark.parametrize(
    "layers",
    [
        ["{type: dense, units: 1}", "{type: activation, activation: sigmoid}"],
        ["{type: dense, units: 1, activation: sigmoid}", "{type: dropout, rate: 0.1}"],
        ["{type: dense, units: 1, activation: sigmoid}", "{type: reshape, target_shape: [1]}"],
    ],
)
def test_the_output_activation_may_stand_before_layers_that_keep_it(layers):
    config = config_of(sequential(*layers), "training: {loss: binary_crossentropy, epochs: 1}\n", PLAIN)
    assert plan(config, YES_NO, Rows(10)).layers[-1].output_shape == (1,)


def test_problems_of_layers_targets_and_monitors_come_together():
    training = (
        "training: {loss: categorical_crossentropy, metrics: [mean_absolute_error], epochs: 1, "
        "early_stopping: {monitor: los}}\n"
    )
    text = problems(sequential("flatten", "{type: dense, units: 7, activation: softmax}"), training)
    assert "expected 10 units for 10 classes" in text
    assert "metric mean_absolute_error is for regression or reconstruction targets" in text
    assert "no metric is called 'los'" in text
    assert "did you mean 'loss'?" in text
    assert text.endswith("3 problems in c.yaml")


def test_a_recipe_that_shrinks_to_nothing_names_the_layer():
    text = problems("{type: cnn, filters: [4, 4, 4, 4, 4]}")
    assert "layer 10 (max_pooling2d) has nothing left to work on" in text
    assert "its input has shape (1, 1, 4) (model)" in text


def test_a_validation_metric_needs_a_validation_part():
    training = "training: {loss: categorical_crossentropy, epochs: 1, early_stopping: {monitor: validation_loss}}\n"
    assert "set data.validation" in problems("{type: mlp, hidden_units: []}", training, rows=Rows(10))


@pytest.mark.parametrize(
    ("signature", "loss", "units", "activation"),
    [
        (DIGITS, "categorical_crossentropy", 10, "softmax"),
        (DIGITS, "{type: sparse_categorical_crossentropy, from_logits: true}", 10, "linear"),
        (YES_NO, "binary_crossentropy", 1, "sigmoid"),
        (YES_NO, "hinge", 1, "linear"),
        (LABELS, "binary_crossentropy", 3, "sigmoid"),
        (NUMBERS, "huber", 2, "linear"),
        (NUMBERS, "poisson", 2, "exponential"),
    ],
)
def test_the_output_layer_of_a_recipe_follows_from_targets_and_loss(signature, loss, units, activation):
    config = config_of("{type: mlp, hidden_units: [8]}", f"training: {{loss: {loss}, epochs: 1}}\n", PLAIN)
    last = plan(config, signature, Rows(10)).layers[-1]
    assert (last.spec.units, last.spec.activation) == (units, activation)


def test_a_cnn_takes_arrays_without_channels_for_images_of_one():
    signature = replace(NUMBERS, input_shape=(28, 20))
    config = config_of("{type: cnn, filters: [4]}", "training: {loss: huber, epochs: 1}\n", PLAIN)
    assert [(layer.type, layer.output_shape) for layer in plan(config, signature, Rows(10)).layers] == [
        ("reshape", (28, 20, 1)), ("conv2d", (28, 20, 4)), ("max_pooling2d", (14, 10, 4)), ("flatten", (560,)),
        ("dense", (2,)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "hint"),
    [((28, 20), "put {type: reshape, target_shape: [28, 20, 1]} before it"), ((28,), "rows of numbers go into dense")],
)
def test_an_image_layer_on_other_arrays_says_what_to_do(shape, hint):
    signature = replace(NUMBERS, input_shape=shape)
    layers = sequential("{type: conv2d, filters: 4, kernel_size: 3}", "flatten", "{type: dense, units: 2}")
    with pytest.raises(ConfigError, match=re.escape(hint)):
        plan(config_of(layers, "training: {loss: huber, epochs: 1}\n", PLAIN), signature, Rows(10))


def test_the_cnn_of_mnist_is_worked_out_as_by_hand():
    layers = ["{type: conv2d, filters: 32, kernel_size: 3}", "max_pooling2d", "flatten", SOFTMAX]
    made = plan(config_of(sequential(*layers)), DIGITS, Rows(1001, 10, 10))
    assert [layer.type for layer in made.layers] == ["rescaling", "conv2d", "max_pooling2d", "flatten", "dense"]
    assert [layer.output_shape for layer in made.layers] == [
        (28, 28, 1), (26, 26, 32), (13, 13, 32), (5408,), (10,),
    ]  # fmt: skip
    assert [layer.parameters for layer in made.layers] == [0, 320, 0, 0, 54090]
    assert made.steps == 32
    assert made.parameters == 320 + 54090
    assert made.multiplications == 320 * 26 * 26 + 54090
    assert made.specs[0].scale == pytest.approx(1 / 255)


def test_memory_is_worked_out_as_by_hand():
    config = config_of("{type: mlp, hidden_units: [5]}", "training: {loss: huber, epochs: 1, batch_size: 8}\n", PLAIN)
    rows = (20 + 4 + 3) * (4 + 2) * 4
    activations = 2 * 8 * (5 + 2) * 4
    weights = 4 * (4 * 5 + 5 + 5 * 2 + 2) * 4  # weight, gradient and two moments
    assert plan(config, NUMBERS, Rows(20, 4, 3)).bytes == rows + activations + weights


def test_targets_take_a_number_for_each_class_unless_the_loss_takes_an_index():
    signature = Signature(TaskName.CATEGORICAL, (4,), "float32", 2000, tuple(map(str, range(2000))))
    one_hot, index = (
        plan(config_of("{type: mlp, hidden_units: []}", training, PLAIN), signature, Rows(100)).bytes
        for training in (CLASSIFY, CLASSIFY.replace("categorical", "sparse_categorical"))
    )
    assert one_hot - index == 100 * 1999 * 4


def test_a_batch_above_the_number_of_rows_is_one_step():
    assert plan(config_of("{type: mlp, hidden_units: [4]}"), DIGITS, Rows(5)).steps == 1


def test_pixels_become_floats_where_nothing_scales_them():
    made = plan(config_of("{type: mlp, hidden_units: [4]}", head=PLAIN), DIGITS, Rows(5))
    assert (made.layers[0].type, made.specs[0].scale) == ("rescaling", 1.0)


def test_metrics_are_called_as_logs_call_them():
    config = config_of("{type: mlp, hidden_units: []}")
    assert metric_names(config, validation=True) == [
        "loss", "accuracy", "validation_loss", "validation_accuracy",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("loss", "output", "standardized"),
    [
        ("mean_squared_error", "linear", True),
        ("huber", "linear", True),
        ("mean_squared_error", "relu", False),
        ("poisson", "exponential", False),
        ("mean_absolute_percentage_error", "linear", False),
    ],
)
def test_targets_are_standardised_where_that_means_something(loss, output, standardized):
    model = sequential("flatten", f"{{type: dense, units: 1, activation: {output}}}")
    training = f"training: {{loss: {loss}, epochs: 1}}\n"
    assert plan(config_of(model, training), ONE, Rows(10)).standardized is standardized
    off = HEAD.replace("mnist", "mnist, target_scaling: none")
    assert not plan(config_of(model, training, off), ONE, Rows(10)).standardized
    if not standardized:
        for key in ("target_scaling: standardization", "target_transform: log"):
            asked = problems(model, training, ONE, head=HEAD.replace("mnist", f"mnist, {key}"))
            assert f"c.yaml:2:{23 + len(key) - len(key.split()[1])}: error: {key.split(':')[0]} has no meaning" in asked


def test_numbers_that_float16_cannot_hold_are_refused():
    numbers = InputNumbers("float32", (0.0,) * 4, (1.0,) * 4, (-2e5, 0.0, 0.0, 0.0), (1.0,) * 4)
    training = "training: {loss: huber, epochs: 1, dtype_policy: mixed_float16}\n"
    said = problems("{type: mlp, hidden_units: []}", training, replace(ONE, input_numbers=numbers), head=PLAIN)
    assert "numbers up to 200,000, and mixed_float16 none beyond 65,504" in said
    scaled = replace(numbers, scale=(1e-4,) * 4)
    plan(config_of("{type: mlp, hidden_units: []}", training), replace(ONE, input_numbers=scaled), Rows(10))


def test_a_model_without_weights_is_refused():
    signature = replace(ONE, input_shape=(1,))
    said = problems(sequential("{type: dropout, rate: 0.5}"), "training: {loss: huber, epochs: 1}\n", signature)
    assert "the model has no weights to train" in said


def test_pixels_that_nothing_scales_are_warned_of():
    model = sequential("flatten", SOFTMAX)
    with pytest.warns(DataWarning, match="set data.scaling: rescaling"):
        plan(config_of(model, head=PLAIN), DIGITS, Rows(10))
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        plan(config_of(model), DIGITS, Rows(10))
        plan(config_of(sequential("batch_normalization", "flatten", SOFTMAX), head=PLAIN), DIGITS, Rows(10))


@pytest.mark.parametrize(("largest", "is_refused"), [(1e18, False), (1e20, True)])
def test_numbers_whose_variance_float32_cannot_hold_are_refused_for_a_normalization_layer(largest, is_refused):
    numbers = InputNumbers("float32", (0.0,) * 4, (1.0,) * 4, (-largest, 0.0, 0.0, 0.0), (1.0,) * 4)
    model, training = sequential("normalization", "{type: dense, units: 1}"), "training: {loss: huber, epochs: 1}\n"
    if is_refused:
        said = problems(model, training, replace(ONE, input_numbers=numbers), head=PLAIN)
        assert "numbers up to 1e+20, whose variance a normalization layer cannot hold (data.scaling)" in said
    else:
        plan(config_of(model, training, head=PLAIN), replace(ONE, input_numbers=numbers), Rows(10))


def test_sequences_take_memory_and_time_by_their_steps():
    def planned(layer, steps):
        text = f"{{type: sequential, layers: [{layer}, flatten, {{type: dense, units: 1}}]}}"
        config = config_of(text, "training: {loss: huber, epochs: 1}\n")
        numbers = InputNumbers("float32", *((value,) * 4 for value in (0.0, 1.0, 0.0, 1.0)))
        signature = Signature(TaskName.REGRESSION, (steps, 4), "float32", 1, input_numbers=numbers)
        return plan(config, signature, Rows(100))

    attention = "{type: multi_head_attention, num_heads: 2, key_dim: 3}"
    lstm = "{type: lstm, units: 8, return_sequences: true}"
    # Scores of each step for each step, of each head, twice: before the softmax and behind it.
    assert planned(attention, 500).layers[0].activations > 2 * 2 * 500**2
    assert planned(lstm, 300).sequential_steps == 300
    assert planned(lstm, 300).layers[0].activations == 300 * 5 * 8
    assert planned(attention, 300).sequential_steps == 0
