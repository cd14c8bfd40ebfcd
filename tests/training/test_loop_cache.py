"""A training that takes over a compiled loop ends in the bits of one that compiles its own."""

import json
import random

import pytest

import dltool
from dltool.config.field_types import kind_of
from dltool.config.optimizers import OPTIMIZERS
from dltool.training.loop_cache import LoopCache
from tests.support.trainers import CASES, IMAGES, LONG, SHORT, TABLE, end_of, epochs_of, trainer_of

AUGMENTED = (
    "{type: random_flip}, {type: random_rotation, factor: 0.1}, {type: random_zoom, height_factor: 0.1}, "
    "{type: random_translation, height_factor: 0.1, width_factor: 0.1}, {type: random_contrast, factor: 0.2}, "
    "{type: conv2d, filters: 4, kernel_size: 3}, {type: spatial_dropout2d, rate: 0.3}, {type: flatten}"
)
SHARED = CASES | {"images": (IMAGES, AUGMENTED, "optimizer: sgd")}
# Both paths where a variable of a metric, the rate and random layers have to begin anew; else the one or the other, as
# what a case has of its own is in the programs of both.
PATHS = {
    "areas": (SHORT, LONG), "plateau": (SHORT, LONG), "images": (SHORT, LONG), "early stopping": (LONG,),
    "schedule": (SHORT,), "augmentation": (SHORT,), "mixed": (LONG,),
}  # fmt: skip


def begun(loops, seed, case, policy, features=None):
    """Return a trainer whose initial values follow from a seed."""
    usual, layers, training = SHARED[case]
    random.seed(seed)
    return trainer_of(usual if features is None else features, layers, training, True, policy, loops)


def small(loops, layers="{type: dense, units: 2}", training="shuffle: true"):
    return trainer_of(TABLE, layers, training, False, SHORT, loops)


def release(loops, trainer):
    loops.release(trainer.loop)
    return trainer


@pytest.mark.parametrize(
    ("case", "policy"),
    [(case, policy) for case, policies in PATHS.items() for policy in policies],
    ids=lambda value: value if isinstance(value, str) else "short" if value is SHORT else "long",
)
def test_the_same_bits_as_alone(case, policy):
    loops = LoopCache()
    alone = begun(loops, 1, case, policy)
    expected = epochs_of(alone.events("cpu")), end_of(alone)

    before = begun(loops, 2, case, policy, SHARED[case][0][::-1])  # other initial values, other rows
    list(before.events("cpu"))
    before.finish()
    release(loops, before)
    after = begun(loops, 1, case, policy)

    assert after.loop is before.loop
    assert (epochs_of(after.events("cpu")), end_of(after)) == expected


def test_the_rate_is_no_part_of_a_loop_but_a_schedule_is():
    loops = LoopCache()

    def released(training):
        return release(loops, small(loops, training=training))

    first, second = (released(f"optimizer: {{type: sgd, learning_rate: {rate}}}") for rate in (0.1, 0.5))
    assert second.loop is first.loop
    assert float(second.model.optimizer.learning_rate) == pytest.approx(0.5)
    assert released("optimizer: {type: sgd, momentum: 0.5}").loop is not first.loop

    def falling(steps):
        schedule = f"type: inverse_time_decay, initial_learning_rate: 0.1, decay_steps: {steps}, decay_rate: 0.5"
        return released(f"optimizer: {{type: sgd, learning_rate: {{{schedule}}}}}")

    assert falling(3).loop is not falling(4).loop


MORE = ", use_ema: true, gradient_accumulation_steps: 2, clipnorm: 0.1"  # of which each makes its variables alike


@pytest.mark.parametrize("optimizer", [*(kind_of(optimizer) for optimizer in OPTIMIZERS), f"nadam{MORE}"])
def test_every_optimizer_begins_anew(optimizer):
    loops = LoopCache()

    def trained(seed):
        random.seed(seed)
        layers = "{type: normalization}, {type: dense, units: 2, activation: relu}"
        training = f"optimizer: {{type: {optimizer}}}"
        trainer = trainer_of(TABLE + seed, layers, training, False, SHORT, loops)
        events = epochs_of(trainer.events("cpu"))
        return trainer, (events, end_of(trainer))

    _, expected = trained(1)
    first, _ = trained(2)
    release(loops, first)
    second, found = trained(1)
    assert second.loop is first.loop
    assert found == expected


def test_trainings_of_one_process_end_as_in_processes_of_their_own(trainer, tmp_path):
    (tmp_path / "c.yaml").write_text(
        "name: c\ndata: {source: inline, validation: 0.25, features: [[0, 1], [1, 0], [2, 2], [3, 1], [4, 0], [5, 5], "
        "[6, 1], [7, 2]], targets: [0, 1, 1, 0, 1, 0, 0, 1]}\n"
        "model: {type: mlp, hidden_units: [4], dropout: 0.2}\n"
        "training: {loss: binary_crossentropy, epochs: 5, batch_size: 4}\n"
    )

    def losses(seed):
        config = dltool.load_config(tmp_path / "c.yaml", [f"seed={seed}"])
        run = dltool.train(config, tmp_path / str(seed), device="cpu")
        return [row["loss"] for row in run.metrics()]

    first, second = losses(1), losses(2)
    done = trainer.run(["train", "c.yaml", "-s", "seed=2", "--json"], tmp_path)
    events = map(json.loads, done.out.splitlines())
    alone = [event["metrics"]["loss"] for event in events if event["event"] == "epoch"]
    assert first != second == alone


def test_nobody_shares_a_loop_with_a_training_under_way():
    loops = LoopCache()
    assert small(loops).model is not small(loops).model


def test_few_and_small_ones_are_kept():
    loops = LoopCache(most_loops=4, most_parameters=100)
    trainers = [release(loops, small(loops, f"{{type: dense, units: {units}}}")) for units in range(2, 9)]
    release(loops, small(loops, "{type: dense, units: 100}"))
    assert len(loops) == 4
    again = [small(loops, f"{{type: dense, units: {units}}}").loop for units in range(2, 9)]
    assert [mine is theirs.loop for mine, theirs in zip(again, trainers, strict=True)] == 3 * [False] + 4 * [True]
    assert len(loops) == 0


def test_what_was_compiled_is_given_back_when_asked():
    loops = LoopCache()
    first = release(loops, small(loops))
    loops.clear()
    assert small(loops).loop is not first.loop
