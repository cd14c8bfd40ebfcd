"""Whether a run came out the same, in words."""

from dltool.analysis.reproduce import Reproduction
from dltool.console.reproduction import print_reproduction


def test_the_same_is_said_in_a_word(capsys):
    print_reproduction(Reproduction((), ""))
    assert capsys.readouterr().out == "identical\n"


def test_a_difference_is_said_with_what_has_changed(capsys):
    changed = (("versions.keras", "3.14.0", "3.15.1"), ("data_fingerprint.train", "abc", "def"))
    print_reproduction(Reproduction(changed, "loss of epoch 2: 0.5 and 0.25"))
    assert capsys.readouterr().out.splitlines() == [
        "different: loss of epoch 2: 0.5 and 0.25",
        "changed since: versions.keras: 3.14.0 -> 3.15.1",
        "changed since: the training part of the data; the weights follow from it",
    ]


def test_a_difference_that_nothing_explains_is_said_to_be_one(capsys):
    print_reproduction(Reproduction((), "loss of epoch 2: 0.5 and 0.25"))
    assert capsys.readouterr().out.splitlines()[1:] == ["nothing that is noted in run.json has changed since"]
