"""Whatever a user gives, time, memory and what is said stay in proportion: what hangs is killed, as -14 says."""

import pytest

from dltool.errors import clip, shortened
from tests.support.files import CATEGORICAL, GOOD, INLINE, MODEL, REGRESSION, TRAINING, config, csv
from tests.support.folders import tree, write

COLUMNS = [f"c{i}" for i in range(60_000)]
LONG = "a" * 100_000
SWEEP = "name: s\nbase: c.yaml\n"


def header(*names):
    return ",".join(names) + "\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (header(*COLUMNS, "y", "c59999"), "two columns are named 'c59999'"),
        (header(*COLUMNS, "y"), "column names but no rows"),
        (header(*COLUMNS), "no column 'y'"),
        ("a,b,y\n1,2,0\n" + '"3,4,1\n' + "5,6,0\n" * 2_000_000, "the row that begins on line 3 has no end: is a quote"),
        ("a,b,y\n1,2,0\n" + '"3,4,1\n' + "5,6,0\n" * 4_000_000, "the row that begins on line 3 is longer than 8 MiB"),
        ("1," * 34_000_000, "the header is longer than 64 MiB"),
    ],
    ids=["twins", "no rows", "no target", "an open quote", "open for longer", "no end of line"],
)
def test_a_table_too_wide_is_refused_in_time(program, tmp_path, content, said):
    write(tmp_path, csv(content))
    code, out, err = program.run(["check", "c.yaml"], tmp_path)
    assert (code, out) == (65, ""), err
    assert said in err


def test_every_target_is_looked_up_once(program, tmp_path):
    targets = f"[{', '.join(COLUMNS[:30_000])}]"
    data = f"{{source: csv, path: t.csv, targets: {targets}}}"
    write(tmp_path, {"c.yaml": config(data, REGRESSION), "t.csv": header(*COLUMNS) + ",".join(["1"] * 59_999) + "\n"})
    code, _, err = program.run(["check", "c.yaml"], tmp_path)
    assert code == 65, err
    assert "row 1 (line 2): 59999 cells; expected 60000" in err


def test_a_number_of_the_row_is_hardly_a_class(program, tmp_path):
    """The targets alone would take 60,000 x 60,000 numbers."""
    for rows, classes in ((60_000, 60_000), (3000, 1500)):
        cells = "".join(f"{row % 5},{row % classes}\n" for row in range(rows))
        write(tmp_path, csv(f"a,y\n{cells}", training=CATEGORICAL))
        _, _, err = program.run(["check", "c.yaml"], tmp_path)
        assert ("warning: 60,000 classes in 60,000 rows" in err) == (classes == rows)


def test_names_of_over_a_mebibyte_are_read_whole(program, tmp_path):
    names = [letter * 60_000 for letter in "abcdefghijklmnopqrs"]
    rows = "".join(",".join(str(column + row) for column in range(19)) + f",{row % 2}\n" for row in range(8))
    write(tmp_path, csv(header(*names, "y") + rows))
    code, out, err = program.run(["check", "c.yaml"], tmp_path)
    assert (code, err) == (0, "")
    assert ["input", "19", "0", "0", "B"] in [line.split() for line in out.splitlines()]


def test_a_file_is_not_read_again_for_each_column_that_is_warned_of(program, tmp_path):
    names = COLUMNS[:1500]
    rows = ["x" * (row % 2 + 1) for row in range(300)]
    content = header(*names, "y") + "".join(f"{','.join([cell] * 1500)},{row % 2}\n" for row, cell in enumerate(rows))
    write(tmp_path, csv(content + ",".join([" NA "] * 1500) + ",1\n"))
    code, _, err = program.run(["check", "c.yaml"], tmp_path)
    assert code == 0, err
    *shown, last = err.splitlines()
    assert len(shown) == 20
    assert "row 301 (line 302), column 'c0': ' NA ' is a text" in err
    assert last == "warning: 1,481 more warnings about the data"  # the columns repeat the target too


def test_the_first_of_many_mistakes_are_shown_and_all_are_counted(program, tmp_path):
    write(tmp_path, {"c.yaml": GOOD + "".join(f"key{i}: 1\n" for i in range(5000))})
    code, _, err = program.run(["check", "c.yaml"], tmp_path)
    assert code == 78
    assert err.endswith("\n5,000 problems in c.yaml; the first 20 are shown\n")
    assert [f"unknown key 'key{i}'" in err for i in (0, 19, 20, 4999)] == [True, True, False, False]
    assert err.count("\n") == 20 * 3 + 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([LONG], 2),
        (["check", LONG], 66),
        (["check", f"{LONG}/c.yaml"], 66),
        (["check", "c.yaml", f"--{LONG}"], 2),
        (["check", "c.yaml", "-s", LONG], 78),
        (["check", "c.yaml", "-s", f"{LONG}=1"], 78),
        (["check", "c.yaml", "-s", f"training.{LONG}=1"], 78),
        (["check", "c.yaml", "-s", f"name={LONG}"], 78),
        (["check", "c.yaml", "-s", f"training.loss={LONG}"], 78),
        (["check", "c.yaml", "-s", f"training.epochs={LONG}"], 78),
        (["check", "c.yaml", "-s", f"data.features=[{LONG}]"], 78),
        (["check", "c.yaml", "-s", f"{{a: {LONG}"], 78),
        (["check", "c.yaml", "-s", f"data={{source: csv, path: {LONG}, targets: y}}"], 66),
        (["check", "c.yaml", "-s", f"data={{source: csv, path: t.csv, targets: {LONG}}}"], 65),
        (["train", "c.yaml", "--device", LONG], 2),
        (["evaluate", "run", "--split", LONG], 2),
        (["evaluate", LONG], 66),
        (["sweep", LONG], 66),
        (["train", LONG, LONG], 2),
        (["init", LONG], 2),
    ],
)
def test_a_long_word_is_not_said_back_whole(program, tmp_path, words, code):
    write(tmp_path, {"c.yaml": GOOD, "t.csv": "a,y\n1,0\n2,1\n"})
    found, _, err = program.run(words, tmp_path)
    assert found == code, err[:2000]
    assert "aaa" in err
    assert "characters left out" in err or len(err) < 1000  # a plain excerpt needs no such word
    assert len(err) < 2500
    assert "Traceback" not in err


def test_a_long_key_or_cell_is_not_said_back_whole(program, tmp_path):
    for files, code in (
        ({"c.yaml": f"{GOOD}{LONG}: 1\n"}, 78),
        ({"c.yaml": GOOD.replace("targets: [0,", f"targets: [{LONG},")}, 78),
        (csv("a,b,y\n" + "1,2,0\n3,4,1\n" * 3 + f"{LONG},4,1\n"), 65),
        (csv(f"a,{LONG},{LONG}\n1,2,0\n"), 65),
    ):
        write(tmp_path, files)
        found, _, err = program.run(["check", "c.yaml"], tmp_path)
        assert found == code, err[:2000]
        assert "aaa" in err
        assert len(err) < 2500


def test_what_is_left_out_of_a_message_is_counted():
    assert clip("abcdefgh", 8) == "abcdefgh"
    assert clip("abcdefghi" * 100, 8) == "abcdef … 892 characters left out … hi"
    lines = shortened("\n".join(map(str, range(1000)))).split("\n")
    assert [*lines[:50], *lines[51:]] == [*map(str, range(50)), *map(str, range(950, 1000))]
    assert lines[50] == "… 900 lines left out …"


@pytest.mark.parametrize("count", [31, 500])
def test_a_chain_of_files_that_extend_one_another_has_an_end(program, tmp_path, count):
    files = {f"c{i}.yaml": f"extends: c{i + 1}.yaml\n" for i in range(count)}
    write(tmp_path, {**files, f"c{count}.yaml": GOOD})
    code, _, err = program.run(["check", "c0.yaml"], tmp_path)
    if count < 32:
        assert (code, err) == (0, "")
    else:
        assert code == 78
        assert "c31.yaml:1:10: error: cannot extend 'c32.yaml': " in err
        assert "(c0.yaml, c1.yaml, c2.yaml, …, c30.yaml, c31.yaml)" in err


def test_files_that_extend_one_another_are_laid_over_key_by_key(program, tmp_path):
    """Each key looks for its own places alone: 100,000 of them among as many would take hours."""
    keys = "".join(f"key{i}: 1\n" for i in range(100_000))
    write(tmp_path, {"c.yaml": "extends: base.yaml\n", "base.yaml": f"{MODEL}{TRAINING}{INLINE}{keys}"})
    code, _, err = program.run(["check", "c.yaml"], tmp_path)
    assert code == 78
    assert "base.yaml:4:1: error: unknown key 'key0'" in err


def test_a_model_has_no_more_layers_than_a_model_file(program, tmp_path):
    write(tmp_path, {"c.yaml": GOOD})
    for hidden, code in ((999, 0), (1000, 78), (50_000, 78)):
        units = f"[{', '.join(['1'] * hidden)}]"
        found, _, err = program.run(["check", "c.yaml", "-s", f"model.hidden_units={units}"], tmp_path)
        assert found == code, err
        assert (f"the model has {hidden + 1:,} layers; expected at most 1,000" in err) == (code == 78)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("search: {type: random, trials: 1000000000}\naxes: {training.epochs: {low: 1, high: 9}}\n", "10000"),
        ("search: {type: tpe, trials: 1000000000}\naxes: {training.epochs: {low: 1, high: 9}}\n", "10000"),
        ("repeats: 1000000000\naxes: {training.epochs: [1]}\n", "1,000,000,000 repeats of 1 points; at most 100,000"),
        ("repeats: 20000\naxes: {seed: [0, 1, 2, 3, 4, 5]}\n", "20,000 repeats of 6 points; at most 100,000"),
        (
            "axes:\n" + "".join(f"  a{i}: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n" for i in range(999)),
            "the grid has over 1,000,000,000,000,000 points",
        ),
        ("axes:\n" + "".join(f"  a{i}: [1]\n" for i in range(20_000)), "at most 1,000 items"),
        (f"axes: {{seed: [{', '.join(map(str, range(20_000)))}]}}\n", "the axes list more than 10,000 values"),
        (
            "axes:\n" + "".join(f"  a{i}: {{low: 0, high: 10000, step: 1}}\n" for i in range(1000)),
            "the axes list more than 10,000 values",
        ),
        (
            "search: {type: random, trials: 1}\n"
            "axes:\n" + "".join(f"  a{i}: {{low: 0, high: 9999, step: 1}}\n" for i in range(1000)),
            "the axes list more than 10,000 values",
        ),
    ],
    ids=["random", "tpe", "repeats", "runs", "product", "axes", "values", "steps", "drawn steps"],
)
def test_a_sweep_without_end_is_refused(program, tmp_path, text, said):
    write(tmp_path, {"c.yaml": GOOD, "s.yaml": SWEEP + text})
    before = tree(tmp_path)
    code, out, err = program.run(["sweep", "s.yaml", "--dry-run"], tmp_path)
    assert (code, out) == (78, ""), err
    assert said in err
    assert tree(tmp_path) == before
