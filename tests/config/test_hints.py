"""What a word of the command line may mean is said as a setting that is taken."""

import pytest

from dltool.config.config import Config
from dltool.config.hints import settings_for
from dltool.config.language import annotation_at


@pytest.mark.parametrize(
    ("word", "value", "setting"),
    [
        ("epochs", "5", ("training.epochs", "5")),
        ("training.epochs", "5", ("training.epochs", "5")),
        ("num-epochs", "5", ("training.epochs", "5")),
        ("epcohs", "5", ("training.epochs", "5")),
        ("lr", "0.1", ("training.optimizer.learning_rate", "0.1")),
        ("loss", "MSE", ("training.loss", "mean_squared_error")),
        ("hidden-units", "8", ("model.hidden_units", "[8]")),
        ("val_split", "0.1", ("data.validation", "0.1")),
        ("random-state", "3", ("seed", "3")),
    ],
)
def test_a_word_of_the_command_line_becomes_a_setting(word, value, setting):
    assert settings_for(word, value) == [setting]


def test_a_word_that_nobody_knows_is_no_setting():
    assert settings_for("wibble", "1") == []


def test_a_setting_that_is_advised_is_taken():
    for word in ("epochs", "lr", "batch", "patience", "dropout", "seed", "loss", "optimizer", "shuffle"):
        for way, _ in settings_for(word, "1"):
            assert annotation_at(Config, tuple(way.split("."))) is not None
