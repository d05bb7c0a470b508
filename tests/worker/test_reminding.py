from __future__ import annotations

from tocsin.app.readying import lists_of
from tocsin.flow.lists import LOOKED
from tocsin.worker.reminding import REST_S, Reminding


def test_a_round_looks_once_and_rests(app) -> None:
    assert Reminding(lists_of(app)).round() == REST_S
    with app.store.reading() as shelves:
        assert LOOKED in shelves.marks.all(LOOKED)
