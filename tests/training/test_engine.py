"""What is decided about the computation of a training follows from its plan."""

import pytest

from dltool.config.needs import TaskName
from dltool.contracts.signature import Column, Rows, Signature
from dltool.model.plan import plan
from dltool.training.engine import engine_of, threads_of
from tests.support.examples import config_from

HEAD = "name: test\ndata: {source: inline, features: [[1, 2], [3, 4]], targets: [0, 1]}\n"
CONVOLUTION = "{type: conv2d, filters: 4, kernel_size: 3, activation: relu}"
POOLING = "{type: max_pooling2d, pool_size: 2}"
LAST = "{type: flatten}, {type: dense, units: 3, activation: softmax}"


def planned(layers, batch_size=32, shape=(28, 28, 1), training=""):
    config = config_from(
        f"{HEAD}model: {{type: sequential, layers: [{layers}]}}\n"
        f"training: {{loss: categorical_crossentropy, epochs: 1, batch_size: {batch_size}{training}}}\n"
    )
    dtype = "uint8" if len(shape) == 3 else "float32"
    signature = Signature(TaskName.CATEGORICAL, shape, dtype, 3, classes=("a", "b", "c"))
    return plan(config, signature, Rows(10_000, 0)), config.training


@pytest.mark.parametrize("share", [None, 3])
def test_small_steps_have_one_thread(share):
    assert threads_of(*planned(LAST), 4, share) == (1, 1)


@pytest.mark.parametrize(("batch_size", "threads"), [(59, (1, 1)), (60, (1, 2))])
def test_the_two_gradients_of_layers_behind_the_first_have_one_each(batch_size, threads):
    # 129 · 64 + 65 · 3 = 8,451 multiplications a row behind the first layer.
    layers = "{type: flatten}, {type: dense, units: 128}, {type: dense, units: 64}, {type: dense, units: 3}"
    made = planned(layers.replace("units: 3", "units: 3, activation: softmax"), batch_size, (30,))
    assert threads_of(*made, 4) == threads
    assert threads_of(*made, 4, 1) == (1, 1)  # another training has the other core


def test_both_halves_of_a_batch_of_images_have_one():
    assert threads_of(*planned(f"{CONVOLUTION}, {LAST}"), 4) == (1, 2)


def test_large_steps_have_all_cores_or_their_share_where_no_bit_depends_on_it():
    dense = planned("{type: flatten}, {type: dense, units: 4096}, {type: dense, units: 3, activation: softmax}", 256)
    assert threads_of(*dense, 4) == (4, 4)
    assert threads_of(*dense, 4, 3) == (3, 3)
    convolutional = planned(f"{CONVOLUTION.replace('4', '64')}, {LAST}", 256)
    assert threads_of(*convolutional, 4, 3) == (4, 4)


def test_pooling_comes_first_behind_a_monotone_activation():
    def pairs(layers):
        made = planned(f"{layers}, {LAST}")
        return engine_of(*made, on_gpu=False, threads=1).pools_first

    assert pairs(f"{CONVOLUTION}, {POOLING}") == (("conv2d", "max_pooling2d"),)
    twice = ", ".join([CONVOLUTION, POOLING, CONVOLUTION, CONVOLUTION, POOLING])
    assert pairs(twice) == (("conv2d", "max_pooling2d"), ("conv2d_2", "max_pooling2d_1"))
    assert pairs(f"{CONVOLUTION.replace('relu', 'gelu')}, {POOLING}") == ()
    assert pairs(f"{CONVOLUTION}, {{type: average_pooling2d, pool_size: 2}}") == ()
    assert pairs(f"{CONVOLUTION}, {{type: batch_normalization}}, {POOLING}") == ()
    penalised = CONVOLUTION.replace("}", ", activity_regularizer: {type: l2}}")
    assert pairs(f"{penalised}, {POOLING}") == ()


@pytest.mark.parametrize(
    ("layers", "batch_size", "training", "expected"),
    [
        (f"{CONVOLUTION}, {LAST}", 32, "", True),
        (f"{CONVOLUTION}, {LAST}", 8, "", False),
        (f"{CONVOLUTION}, {LAST}", 32, ", dtype_policy: mixed_bfloat16", False),
        (f"{CONVOLUTION}, {{type: dropout, rate: 0.5}}, {LAST}", 32, "", False),
        (f"{CONVOLUTION}, {{type: batch_normalization}}, {LAST}", 32, "", False),
        (f"{{type: random_flip}}, {CONVOLUTION}, {LAST}", 32, "", False),
        (LAST, 32, "", False),
    ],
)
def test_a_batch_is_halved_where_no_row_looks_at_another(layers, batch_size, training, expected):
    made = planned(layers, batch_size, training=training)
    assert engine_of(*made, on_gpu=False, threads=1).halved == (batch_size if expected else 0)
    assert not engine_of(*made, on_gpu=True, threads=1).halved


WIDE = "{type: flatten}, {type: dense, units: 128, activation: relu}, {type: dense, units: 3, activation: softmax}"


@pytest.mark.parametrize(
    ("layers", "batch_size", "training", "expected"),
    [
        (WIDE, 128, "", True),
        (WIDE, 126, "", False),
        (WIDE, 129, "", False),
        (WIDE, 256, "", False),  # a large step, whose operations have all threads
        (WIDE, 128, ", dtype_policy: mixed_bfloat16", False),
        (f"{{type: dropout, rate: 0.5}}, {WIDE}", 128, "", False),
        (f"{{type: batch_normalization}}, {WIDE}", 128, "", False),
        # 785 · 3 = 2,355 multiplications a row.
        (LAST, 1062, "", True),
        (LAST, 1060, "", False),
    ],
)
def test_a_large_batch_of_a_dense_network_is_halved_as_well(layers, batch_size, training, expected):
    made = planned(layers, batch_size, training=training)
    assert engine_of(*made, on_gpu=False, threads=1).halved == (batch_size if expected else 0)
    assert not engine_of(*made, on_gpu=True, threads=1).halved


def test_the_halves_of_a_dense_network_have_a_thread_each_where_no_other_training_has_it():
    made = planned(LAST, 1062)
    assert threads_of(*made, 4) == (1, 2)
    assert threads_of(*made, 4, 1) == (1, 1)


def test_nothing_is_halved_under_xla():
    made, training = planned(LAST, 1062)
    engine = engine_of(made, training.model_copy(update={"epochs": 1200}), on_gpu=False, threads=1)
    assert engine.xla
    assert not engine.halved


def test_a_batch_with_embedded_categories_is_halved_as_well():
    columns = Column("a"), Column("colour", vocabulary=("blue", "red"), embedding=2)
    signature = Signature(TaskName.CATEGORICAL, (2,), "float32", 3, classes=("a", "b", "c"), columns=columns)
    config = config_from(
        f"{HEAD}model: {{type: mlp, hidden_units: [512]}}\n"
        "training: {loss: categorical_crossentropy, epochs: 1, batch_size: 2048}\n"
    )
    made = plan(config, signature, Rows(10_000, 0))
    assert 2.5e6 <= made.multiplications * 2048 <= 2e7
    assert engine_of(made, config.training, on_gpu=False, threads=1).halved == 2048


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (LAST, False),
        (f"{{type: batch_normalization}}, {{type: dropout, rate: 0.5}}, {LAST}", False),
        (f"{CONVOLUTION}, {LAST}", True),
        (f"{{type: reshape, target_shape: [28, 28]}}, {{type: lstm, units: 4}}, {LAST}", True),
    ],
)
def test_graphs_of_dense_networks_run_as_they_are(layers, expected):
    made = planned(layers)
    assert engine_of(*made, on_gpu=False, threads=1).rewrites is expected
    assert engine_of(*made, on_gpu=True, threads=1).rewrites


DENSE = "{type: flatten}, {type: dense, units: 8, activation: relu}, {type: dense, units: 3, activation: softmax}"


@pytest.mark.parametrize(
    ("layers", "training", "expected"),
    [
        (DENSE, "", True),
        (DENSE, ", early_stopping: {patience: 10}", False),  # it may be over before XLA has paid
        (DENSE, ", early_stopping: {patience: 39}", True),
        (DENSE, ", metrics: [accuracy]", True),
        (DENSE, ", metrics: [auc]", False),
        (DENSE, ", optimizer: lion", False),
        (DENSE, ", dtype_policy: mixed_bfloat16", False),
        (f"{{type: dropout, rate: 0.1}}, {DENSE}", "", True),
        (f"{{type: gaussian_noise, stddev: 0.1}}, {DENSE}", "", False),
        (f"{CONVOLUTION}, {DENSE}", "", False),
        (f"{{type: batch_normalization}}, {DENSE}", "", False),
        (DENSE.replace("8", "800"), "", False),
    ],
)
def test_xla_compiles_long_trainings_of_small_dense_networks(layers, training, expected):
    def decided(epochs, **more):
        made, section = planned(layers, training=training)
        section = section.model_copy(update={"epochs": epochs})
        return engine_of(made, section, **{"on_gpu": False, "threads": 1, **more}).xla

    assert decided(39) is expected  # of 313 steps
    assert not decided(38)
    assert decided(38, xla=True) is (expected or "early_stopping" in training or "800" in layers)
    assert not decided(39, threads=2)
    # On a GPU large steps too take longer to begin than to compute.
    assert decided(13, on_gpu=True, threads=2) is (expected or "800" in layers)
    assert not decided(12, on_gpu=True, threads=2)
