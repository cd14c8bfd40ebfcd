from xml.etree import ElementTree

import numpy as np

from dltool.report.sequence_picture import sequence_picture


def texts(picture):
    return [node.text for node in ElementTree.fromstring(picture.svg).iter() if node.tag.endswith("}text")]


def test_a_sequence_has_a_line_a_channel():
    made = sequence_picture(np.random.default_rng(0).normal(size=(30, 3)), "spoken", "a")
    assert {"step", "channel 1", "channel 2", "channel 3"} <= set(texts(made))
    assert (made.title, made.description) == ("spoken", "a sequence: 30 of 30 steps, 3 of 3 channels")
    assert "channel 1" not in texts(sequence_picture(np.zeros((5, 1)), "", "a"))


def test_of_a_long_one_the_beginning_is_drawn():
    made = sequence_picture(np.random.default_rng(0).normal(size=(100_000, 7)), "", "a")
    assert made.description == "a sequence: 500 of 100,000 steps, 5 of 7 channels"
    assert len(made.inline) < 60_000
