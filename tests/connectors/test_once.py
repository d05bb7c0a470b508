"""What carries our key is left once: it is looked for before every try."""

from __future__ import annotations

from typing import Any

from tocsin.connectors.once import LeftOnce
from tocsin.domain.acting import Arguments, Call, Outcome, Play, Seen
from tocsin.domain.playing import drive


class Wall:
    def __init__(self) -> None:
        self.notes: list[str] = []

    def call(self, call: Call) -> Any:
        if call.changes:
            self.notes.append(call.parameters["key"])
        return list(self.notes)


def found(arguments: Arguments, key: str) -> Play[Any]:
    notes = yield Call(service="wall", operation="read")
    return notes if key in notes else None


NOTE = LeftOnce(
    found=found,
    left=lambda arguments, key: Call(
        service="wall", operation="write", parameters={"key": key}, changes=True
    ),
    told=lambda answer: Outcome(text=f"{len(answer)} notes"),
)


def test_it_is_left_once_and_seen() -> None:
    wall = Wall()
    assert drive(NOTE.seen({}, {}, "k"), lambda _: wall) is Seen.NOT_DONE
    assert drive(NOTE.perform({}, {}, "k"), lambda _: wall).text == "1 notes"
    assert drive(NOTE.perform({}, {}, "k"), lambda _: wall).text == "1 notes"
    assert drive(NOTE.seen({}, {}, "k"), lambda _: wall) is Seen.DONE
    assert wall.notes == ["k"]
