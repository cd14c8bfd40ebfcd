from hypothesis import given
from hypothesis import strategies as st

from dltool.runs.changes import changes, differing

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("xyz", min_size=1, max_size=1), inner),
    max_leaves=8,
)


def test_places():
    before = {"a": 1, "b": {"c": [1, {"d": 2}], "e": "x"}, "gone": None}
    after = {"a": 1.0, "b": {"c": [1, {"d": 3}], "e": [1]}, "new": {"k": 1}}
    assert changes(before, after) == [
        ("a", 1, 1.0),
        ("b.c[1].d", 2, 3),
        ("b.e", "x", [1]),
        ("gone", None, "absent"),
        ("new", "absent", {"k": 1}),
    ]
    assert changes([1, 2], [1, 2, 3], "list") == [("list", [1, 2], [1, 2, 3])]
    assert changes({"flag": True}, {"flag": 1}) == [("flag", True, 1)]


def test_each_of_several_has_its_own_value():
    several = [{"a": {"b": filters}, "same": 1} for filters in ([16], [32], [16, 32])]
    assert differing(several) == [("a.b", ([16], [32], [16, 32]))]
    assert differing([{"a": None}, {"a": {"b": 1}}, {}]) == [("a", (None, {"b": 1}, "absent"))]


@given(st.dictionaries(st.text("xyz", min_size=1, max_size=1), PLAIN))
def test_nothing_differs_from_itself(plain):
    assert changes(plain, plain) == []
