"""A spec's fields and defaults are those of the Keras signature that it stands for."""

import inspect

import keras
import pytest

from dltool.backend.start import start
from dltool.config.layer import REGULARIZERS
from dltool.config.layers import LAYERS
from dltool.config.losses import LOSSES, METRICS
from dltool.config.optimizers import OPTIMIZERS, SCHEDULES
from dltool.config.training import EarlyStopping, ReduceLROnPlateau

start("cpu", 0, threads=(1, 2))

LEFT_OUT = {
    "kwargs": "no argument of its own",
    "name": "given by the tool",
    "dtype": "training.dtype_policy says it for the whole model",
    "seed": "follows from the config's seed",
    "data_format": "channels come last",
    "noise_shape": "takes a shape with the batch in it",
    "kernel_constraint": "no constraints", "bias_constraint": "no constraints",
    "beta_constraint": "no constraints", "gamma_constraint": "no constraints",
    "depthwise_constraint": "no constraints", "pointwise_constraint": "no constraints",
    "embeddings_constraint": "no constraints", "recurrent_constraint": "no constraints",
    "weights": "start from the initializer", "mask_zero": "a padding token is a token like any other",
    "return_state": "a layer has one output", "stateful": "rows come in any order",
    "unroll": "gains nothing", "use_cudnn": "Keras knows where it can",
    "backward_layer": "the same layer again", "output_shape": "that of the input", "attention_axes": "the steps",
    "sliding_window": "all steps", "flash_attention": "Keras knows where it can", "use_gate": "plain attention",
    "lora_rank": "fine-tuning", "lora_alpha": "fine-tuning", "quantization_config": "after training",
    "renorm": "batch renormalization", "renorm_clipping": "batch renormalization",
    "renorm_momentum": "batch renormalization", "synchronized": "one device",
    "mean": "measured on the training rows", "variance": "measured on the training rows",
    "exclude_layers": "a pattern over variable names", "exclude_embeddings": "there are no embeddings",
    "reduction": "the mean over the batch, as Keras's fit has it",
    "axis": "the last one", "ignore_class": "every class counts",
    "verbose": "the display's business",
    "top_k": "see top_k_categorical_accuracy", "class_id": "the per-class table says it",
    "num_thresholds": "the area is exact", "summation_method": "the area is exact",
    "thresholds": "one is enough", "multi_label": "micro average",
    "num_labels": "see multi_label", "label_weights": "see multi_label", "from_logits": "taken from the loss",
    "threshold": "taken from the loss", "class_aggregation": "the mean over targets", "num_regressors": "plain R²",
}  # fmt: skip
# Where a better default was chosen.
OTHER_DEFAULT = {
    ("EarlyStopping", "monitor"): "follows from whether there is a validation part",
    ("ReduceLROnPlateau", "monitor"): "follows from whether there is a validation part",
    ("EarlyStopping", "restore_best_weights"): "the best weights are what one wants",
    ("F1Score", "average"): "a log line holds one number, not one a class",
}


def modules():
    return [
        *((spec, keras.layers) for spec in LAYERS),
        *((spec, keras.regularizers) for spec in REGULARIZERS),
        *((spec, keras.optimizers) for spec in OPTIMIZERS),
        *((spec, keras.optimizers.schedules) for spec in SCHEDULES),
        *((spec, keras.losses) for spec in LOSSES),
        *((spec, keras.metrics) for spec in METRICS if spec.__name__ != "Accuracy"),
    ]


CALLBACKS = [(EarlyStopping, keras.callbacks.EarlyStopping), (ReduceLROnPlateau, keras.callbacks.ReduceLROnPlateau)]
PAIRS = [(spec, getattr(module, spec.keras_name)) for spec, module in modules()] + CALLBACKS


def plain(default):
    """Return a default as YAML would write it: a pair of equal numbers as one number, a tuple as a list."""
    if isinstance(default, tuple):
        return default[0] if len(set(default)) == 1 else list(default)
    return default


@pytest.mark.parametrize(("spec", "keras_class"), PAIRS, ids=lambda value: value.__name__)
def test_fields_and_defaults(spec, keras_class):
    signature = dict(inspect.signature(keras_class.__init__).parameters)
    del signature["self"]
    fields = {name: field for name, field in spec.model_fields.items() if name != "type"}
    assert set(fields) <= set(signature), "a key that Keras does not know"
    for name, parameter in signature.items():
        if name not in fields:
            assert name in LEFT_OUT, f"Keras's {name} is neither a key nor left out for a reason"
            continue
        required = parameter.default is inspect.Parameter.empty
        assert fields[name].is_required() == required, name
        if not required and (spec.__name__, name) not in OTHER_DEFAULT:
            assert fields[name].default == plain(parameter.default), name


def test_nothing_is_excused_that_needs_no_excuse():
    signatures = {spec.__name__: inspect.signature(keras_class.__init__).parameters for spec, keras_class in PAIRS}
    assert set(LEFT_OUT) <= {name for parameters in signatures.values() for name in parameters}
    fields = {spec.__name__: spec.model_fields for spec, _ in PAIRS}
    for spec, name in OTHER_DEFAULT:
        assert fields[spec][name].default != plain(signatures[spec][name].default)


def test_every_optimizer_of_keras_is_there():
    wrappers = {"Optimizer", "LossScaleOptimizer", "MultiOptimizer", "OptimizerMap"}
    offered = {
        name
        for name, value in vars(keras.optimizers).items()
        if inspect.isclass(value) and issubclass(value, keras.optimizers.Optimizer)
    }
    assert {spec.keras_name for spec in OPTIMIZERS} == offered - wrappers
