"""Other people's words stand as they are compared, and lead to words of the language."""

from typing import get_args

from dltool.config.field_types import Spec
from dltool.config.suggestions import plain
from dltool.config.vocabulary import ADVICE, OTHER_NAMES
from dltool.experiments.sweep_spec import Sweep


def words_of(annotation):
    """Yield every word of the language: keys, kinds and values."""
    if isinstance(annotation, str):
        yield annotation
    for arg in get_args(annotation):
        yield from words_of(arg)


def language():
    specs = [spec for spec in all_specs(Spec) if spec.__module__.startswith("dltool.")]
    for spec in specs:
        for name, field in spec.model_fields.items():
            yield name
            yield from words_of(field.annotation)
            for note in field.metadata:
                yield from words_of(note)


def all_specs(base):
    for spec in base.__subclasses__():
        yield spec
        yield from all_specs(spec)


def test_every_word_that_others_are_led_to_is_one_of_ours():
    assert Sweep.model_fields
    assert set(OTHER_NAMES) - set(language()) == set()


def test_other_words_stand_as_they_are_compared():
    others = [word for words in [*OTHER_NAMES.values(), *ADVICE] for word in words.split()]
    assert [word for word in others if plain(word) != word] == []
