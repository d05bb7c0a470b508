"""Short names as people type them."""

from __future__ import annotations

import pytest

from tocsin.cli.ids import demand_number, find_alert, find_incident, number_in
from tocsin.domain.errors import NotFound


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("INC-3", 3),
        ("inc-3", 3),
        ("3", 3),
        ("ALR-3", None),
        ("INC-", None),
        ("٣", None),
        ("1" * 10, None),
        ("-1", None),
    ],
)
def test_letters_may_be_left_out_but_not_changed(text, number) -> None:
    assert number_in(text, "INC") == number


def test_what_names_nothing_is_refused_with_the_list_to_look_at(memory_store) -> None:
    with pytest.raises(NotFound) as refused:
        demand_number("nonsense", "EX", "tocsin evidence list")
    assert "tocsin evidence list" in refused.value.next_step
    assert demand_number("EX-2", "EX", "") == 2
    with memory_store.reading() as shelves:
        for find in (find_incident, find_alert):
            for text in ("7", "x"):
                with pytest.raises(NotFound):
                    find(shelves, text)
