"""Choices by name and by shape are what a type checker takes them for, and one problem where they are none."""

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ValidationError

from dltool.config.field_types import (
    Number,
    PositiveInteger,
    Spec,
    ValidatedAs,
    by_shape,
    is_tag,
    kind_of,
    kinds_of,
    one_of,
)


class Cat(Spec):
    type: Literal["cat", "kitten"]
    lives: PositiveInteger = 9


class Dog(Spec):
    type: Literal["dog"]
    weight: Number


class House(Spec):
    pet: Annotated[Cat | Dog, one_of(Cat, Dog)]
    others: list[Annotated[Spec, one_of(Cat, Dog)]] = []
    size: Annotated[int | list[int], by_shape(number=PositiveInteger, list=list[PositiveInteger])] = 1


@pytest.mark.parametrize(
    ("written", "pet"),
    [
        ("cat", Cat(type="cat")),
        ("kitten", Cat(type="kitten")),
        ({"type": "cat", "lives": 3}, Cat(type="cat", lives=3)),
        ({"type": "dog", "weight": 1.5}, Dog(type="dog", weight=1.5)),
        (Dog(type="dog", weight=2), Dog(type="dog", weight=2)),
    ],
)
def test_a_name_or_a_mapping_chooses_the_kind(written, pet):
    assert House(pet=written).pet == pet
    assert House(pet="cat", others=[written]).others == [pet]


@pytest.mark.parametrize("written", ["two", {"height": 2}])
def test_a_shape_that_none_has_is_answered_with_those_that_there_are(written):
    with pytest.raises(ValidationError) as caught:
        House(pet="cat", size=written)
    (error,) = caught.value.errors()
    assert (error["loc"], error["msg"]) == (("size",), "expected a number or a list")


def test_what_was_chosen_is_written_out_whole():
    house = House(pet="cat", others=[{"type": "dog", "weight": 4}], size=[2, 3])
    plain = {"pet": {"type": "cat", "lives": 9}, "others": [{"type": "dog", "weight": 4.0}], "size": [2, 3]}
    assert house.model_dump(mode="json") == plain
    assert House.model_validate(plain) == house


@pytest.mark.parametrize(
    ("written", "kind", "location"),
    [
        ({"pet": "cow"}, "union_tag_invalid", ("pet",)),
        ({"pet": 3}, "union_tag_not_found", ("pet",)),
        ({"pet": "dog"}, "missing", ("pet", "weight")),
        ({"pet": "cat", "others": ["cat", "cow"]}, "union_tag_invalid", ("others", 1)),
        ({"pet": "cat", "size": [1, 0]}, "greater_than", ("size", 1)),
        ({"pet": "cat", "size": 0}, "greater_than", ("size",)),
        ({"pet": "cat", "size": True}, "number_expected", ("size",)),
    ],
)
def test_what_is_none_of_them_is_one_problem_at_its_place(written, kind, location):
    with pytest.raises(ValidationError) as caught:
        House.model_validate(written)
    (problem,) = caught.value.errors()
    assert (problem["type"], tuple(part for part in problem["loc"] if not is_tag(part))) == (kind, location)


def test_a_kind_has_its_names():
    assert kinds_of(Cat) == ("cat", "kitten")
    assert (kind_of(Cat), kind_of(Dog)) == ("cat", "dog")


def test_the_json_schema_is_of_what_pydantic_validates_by():
    properties = House.model_json_schema()["properties"]
    assert [each["$ref"] for each in properties["pet"]["oneOf"]] == ["#/$defs/Cat", "#/$defs/Dog"]
    assert properties["size"]["oneOf"][1]["items"]["exclusiveMinimum"] == 0


@pytest.mark.parametrize("value", [1, "1"])
def test_what_stands_within_is_validated_and_not_what_the_type_checker_sees(value):
    class Holder(BaseModel):
        text: Annotated[int, ValidatedAs(str | int)]

    assert Holder(text=value).text == value
