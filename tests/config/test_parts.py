"""What may stand in place of a fraction of a table's rows."""

import pytest

from dltool.config.validation import load_config
from dltool.errors import ConfigError
from tests.support.examples import config_of

CONFIG = """
name: t
data: {{source: csv, path: t.csv, targets: y, {}}}
model: {{type: mlp, hidden_units: [4]}}
training: {{loss: mean_squared_error, epochs: 3}}
"""


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("validation: {by: fold, fold: 3, folds: 2}", ["fold 3 of 2", "1 to 2", "(data.validation)"]),
        ("validation: {by: grup, fraction: 0.2, column: g}", ["unknown validation 'grup'", "did you mean 'group'"]),
        ("test: {fraction: 0.2, column: g}", ["missing key 'by'", "(data.test)"]),
        ("test: {by: time, fraction: 2, column: t}", ["less than 1", "(data.test.fraction)"]),
        ("test: {by: time, fraction: 0.2, column: y}", ["column 'y' is a target", "(data.test.column)"]),
        ("folds: 1", ["2", "got 1", "(data.folds)"]),
        ("folds: {number: 5}", ["missing key 'column'", "(data.folds)"]),
        ("folds: {number: 5, column: y}", ["column 'y' is a target", "(data.folds.column)"]),
        ("cv: 5", ["unknown key 'cv'", "folds"]),
        ("test: {by: fold, fold: 1, folds: 2}", ["unknown test 'fold'", "group, time"]),
        ("folds: 5, validation: 0.2", ["leave validation out"]),
        (
            "validation: {by: group, fraction: 0.6, column: g}, test: {by: time, fraction: 0.5, column: t}",
            ["take 1.1 of the rows together"],
        ),
    ],
)
def test_what_cannot_be_is_refused_at_its_place(tmp_path, data, words):
    with pytest.raises(ConfigError) as error:
        config_of(tmp_path, CONFIG.format(data))
    assert all(word in str(error.value) for word in words), error.value


@pytest.mark.parametrize("source", ["csv, path: t.csv, targets: y", "image_folder, path: t", "npz, path: t.npz"])
@pytest.mark.parametrize(
    ("part", "plain"),
    [("{path: u}", "u"), ("{source: csv, file: u}", "u"), ("{fraction: 0.2}", "0.2")],
)
def test_a_file_and_a_fraction_are_written_as_they_are(tmp_path, source, part, plain):
    text = CONFIG.replace("csv, path: t.csv, targets: y", source)
    with pytest.raises(ConfigError, match=rf" write test: {plain}\n"):
        config_of(tmp_path, text.format(f"test: {part}"))
    config_of(tmp_path, text.format(f"test: {plain}"))


@pytest.mark.parametrize("other", ["fraction: 0.2", "delimiter: ';'", "source: csv, delimiter: ';'"])
def test_what_stands_beside_a_file_is_not_dropped_without_a_word(tmp_path, other):
    with pytest.raises(ConfigError) as caught:
        config_of(tmp_path, CONFIG.format(f"validation: {{path: u, {other}}}"))
    assert "write validation: u" not in str(caught.value)


def test_an_autoencoder_has_no_folds(tmp_path):
    text = CONFIG.replace("{{type: mlp, hidden_units: [4]}}", "{{type: autoencoder, latent_dim: 2, hidden_units: [4]}}")
    with pytest.raises(ConfigError, match=r"an autoencoder is validated on a part of the rows \(data.folds\)"):
        config_of(tmp_path, text.format("folds: 5"))


def test_another_way_to_divide_replaces_the_one_beneath(tmp_path):
    text = CONFIG.format("validation: {by: group, fraction: 0.2, column: g}")
    (tmp_path / "c.yaml").write_text(text)
    config = load_config(tmp_path / "c.yaml", ["data.validation={by: fold, fold: 2, folds: 5}"])
    assert (config.data.validation.fold, config.data.validation.column) == (2, None)
