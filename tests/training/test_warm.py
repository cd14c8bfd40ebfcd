"""A training that takes over a compiled loop ends in the bits of one that compiles its own."""

import random
import subprocess
import sys

import pytest

import dltool.training.train as engine
from dltool.config.field_types import kind_of
from dltool.config.optimizers import OPTIMIZERS
from dltool.training import warm
from tests.training.test_resume import CASES, IMAGES, TABLE, end_of, epochs_of, trainer_of

AUGMENTED = (
    "{type: random_flip}, {type: random_rotation, factor: 0.1}, {type: random_zoom, height_factor: 0.1}, "
    "{type: random_translation, height_factor: 0.1, width_factor: 0.1}, {type: random_contrast, factor: 0.2}, "
    "{type: conv2d, filters: 4, kernel_size: 3}, {type: spatial_dropout2d, rate: 0.3}, {type: flatten}"
)
SHARED = CASES | {"images": (IMAGES, AUGMENTED, "optimizer: sgd")}


@pytest.fixture(autouse=True)
def nothing_warm():
    warm._idle.clear()
    yield
    warm._idle.clear()


def begun(seed, case, features=None):
    """Return a trainer whose initial values follow from a seed."""
    usual, layers, training = SHARED[case]
    random.seed(seed)
    return trainer_of(usual if features is None else features, layers, training, rest=True)


@pytest.mark.parametrize("path", ["short", "long"])
@pytest.mark.parametrize("case", SHARED)
def test_the_same_bits_as_alone(case, path, monkeypatch):
    monkeypatch.setattr(engine, "_SHORT_EPOCH_SECONDS", 1e9 if path == "short" else 0.0)
    alone = begun(1, case)
    expected = epochs_of(alone.events("cpu")), end_of(alone)

    before = begun(2, case, SHARED[case][0][::-1])  # other initial values, other rows
    list(before.events("cpu"))
    before.finish()
    before.release()
    after = begun(1, case)

    assert after.loop is before.loop
    assert (epochs_of(after.events("cpu")), end_of(after)) == expected


def test_the_rate_is_no_part_of_a_loop_but_a_schedule_is():
    def released(training):
        trainer = trainer_of(TABLE, "{type: dense, units: 2}", training, rest=False)
        trainer.release()
        return trainer

    first, second = (released(f"optimizer: {{type: sgd, learning_rate: {rate}}}") for rate in (0.1, 0.5))
    assert second.loop is first.loop
    assert float(second.model.optimizer.learning_rate) == pytest.approx(0.5)
    assert released("optimizer: {type: sgd, momentum: 0.5}").loop is not first.loop

    def falling(steps):
        schedule = f"type: inverse_time_decay, initial_learning_rate: 0.1, decay_steps: {steps}, decay_rate: 0.5"
        return released(f"optimizer: {{type: sgd, learning_rate: {{{schedule}}}}}")

    assert falling(3).loop is not falling(4).loop


@pytest.mark.parametrize("more", ["", ", use_ema: true", ", gradient_accumulation_steps: 2", ", clipnorm: 0.1"])
@pytest.mark.parametrize("optimizer", [kind_of(optimizer) for optimizer in OPTIMIZERS])
def test_every_optimizer_begins_anew(optimizer, more, monkeypatch):
    monkeypatch.setattr(engine, "_SHORT_EPOCH_SECONDS", 1e9)

    def trained(seed, *, released=False):
        random.seed(seed)
        layers = "{type: normalization}, {type: dense, units: 2, activation: relu}"
        trainer = trainer_of(TABLE + seed, layers, f"optimizer: {{type: {optimizer}{more}}}", rest=False)
        events = epochs_of(trainer.events("cpu"))
        ended = end_of(trainer)
        if released:
            trainer.release()
        return trainer.loop, (events, ended)

    _, expected = trained(1)
    first, _ = trained(2, released=True)
    loop, found = trained(1)
    assert loop is first
    assert found == expected


def test_trainings_of_one_process_end_as_in_processes_of_their_own(tmp_path):
    def losses(program, *seeds):
        calls = "".join(
            f"print([row['loss'] for row in dltool.train(dltool.load_config('c.yaml', ['seed={seed}']), "
            f"'{program}-{seed}', device='cpu').metrics()])\n"
            for seed in seeds
        )
        done = subprocess.run(
            [sys.executable, "-c", f"import dltool\n{calls}"], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        return done.stdout.splitlines()

    (tmp_path / "c.yaml").write_text(
        "name: c\ndata: {source: inline, validation: 0.25, features: [[0, 1], [1, 0], [2, 2], [3, 1], [4, 0], [5, 5], "
        "[6, 1], [7, 2]], targets: [0, 1, 1, 0, 1, 0, 0, 1]}\n"
        "model: {type: mlp, hidden_units: [4], dropout: 0.2}\n"
        "training: {loss: binary_crossentropy, epochs: 5, batch_size: 4}\n"
    )
    together, alone = losses("together", 1, 2), losses("alone", 2)
    assert together[1] == alone[0] != together[0]


def test_nobody_shares_a_loop_with_a_training_under_way():
    first, second = (trainer_of(TABLE, "{type: dense, units: 2}", "shuffle: true", rest=False) for _ in range(2))
    assert first.model is not second.model


def test_few_and_small_ones_are_kept(monkeypatch):
    for units in range(2, 9):
        trainer_of(TABLE, f"{{type: dense, units: {units}}}", "shuffle: true", rest=False).release()
    kept = [loop.model.layers[0].units for loop in warm._idle.values()]
    assert kept == [5, 6, 7, 8]

    monkeypatch.setattr(warm, "_MOST_PARAMETERS", 100)
    trainer_of(TABLE, "{type: dense, units: 100}", "shuffle: true", rest=False).release()
    assert [loop.model.layers[0].units for loop in warm._idle.values()] == kept


def test_what_was_compiled_is_forgotten_when_asked(monkeypatch):
    first = trainer_of(TABLE, "{type: dense, units: 2}", "shuffle: true", rest=False)
    first.release()
    warm.forget()
    assert trainer_of(TABLE, "{type: dense, units: 2}", "shuffle: true", rest=False).loop is not first.loop
