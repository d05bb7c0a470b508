"""A layout never claims to tell what it cannot."""

from __future__ import annotations

import pytest

from tocsin.detection.columns.block import Layout, above


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("a", True),
        ("never.seen", True),
        ("gone", False),
        ("gone.below", False),
        ("m", False),
        ("m.x", True),
    ],
)
def test_what_was_dropped_and_what_is_a_map_is_not_told(field, told) -> None:
    layout = Layout(columns={"a", "m.x"}, dropped={"gone"}, maps={"m"})
    assert layout.tells(field) is told


def test_where_more_was_dropped_than_is_named_only_columns_are_told() -> None:
    layout = Layout(columns={"a"}, complete=False)
    assert (layout.tells("a"), layout.tells("b")) == (True, False)
    assert not layout.tells_kinds()


def test_kinds_are_told_unless_what_tells_them_is_missing_or_a_map() -> None:
    assert Layout(columns=(), maps={"service"}).tells_kinds()
    assert not Layout(columns=(), maps={"EventID"}).tells_kinds()
    assert not Layout(columns=(), dropped={"Channel"}).tells_kinds()
    assert not Layout(columns=(), kinds=("EventID",)).tells_kinds()


def test_names_above_a_dotted_one_are_all_its_beginnings() -> None:
    assert above("a.b.c") == ("a", "a.b")
    assert above("a") == ()
