"""A value is set on every object an argument names, once each, and put back as it was."""

from __future__ import annotations

from typing import Any

from tocsin.connectors.each import EachSet, named_in
from tocsin.domain.acting import Call, Seen
from tocsin.domain.playing import drive, rehearse

LAMPS = EachSet(
    argument="lamps",
    unit="lamps",
    read=lambda name, arguments: Call(service="lab", operation="read", parameters={"lamp": name}),
    value_in=lambda answer: answer,
    write=lambda name, value, arguments: Call(
        service="lab", operation="write", parameters={"lamp": name, "value": value}, changes=True
    ),
    wanted=lambda arguments: arguments["to"],
)


class House:
    def __init__(self, **lamps: Any) -> None:
        self.lamps = lamps

    def call(self, call: Call) -> Any:
        if call.operation == "write":
            self.lamps[call.parameters["lamp"]] = call.parameters["value"]
        return self.lamps[call.parameters["lamp"]]


def test_one_name_or_several_are_each_meant_once() -> None:
    assert named_in({"lamps": "hall"}, "lamps") == ("hall",)
    assert named_in({"lamps": ["hall", "attic", "hall"]}, "lamps") == ("hall", "attic")
    assert rehearse(LAMPS.objects({"lamps": "hall"})).given == {"lamps": ("hall",)}


def test_old_values_are_kept_and_put_back() -> None:
    house = House(hall="red", attic=None, cellar="red")
    arguments = {"lamps": ["hall", "attic"], "to": "green"}
    kept = drive(LAMPS.before(arguments), lambda _: house)
    assert drive(LAMPS.seen(arguments, kept, "k"), lambda _: house) is Seen.NOT_DONE
    told = drive(LAMPS.perform(arguments, kept, "k"), lambda _: house)
    assert (told.text, told.output) == ("lamps: 2 set", {"count": 2})
    assert house.lamps == {"hall": "green", "attic": "green", "cellar": "red"}
    assert drive(LAMPS.seen(arguments, kept, "k"), lambda _: house) is Seen.DONE
    assert drive(LAMPS.undo(arguments, kept, "k"), lambda _: house).text == "lamps: 2 put back"
    assert house.lamps == {"hall": "red", "attic": None, "cellar": "red"}


def test_one_that_was_missed_is_seen() -> None:
    house = House(hall="green", attic="red")
    assert drive(LAMPS.verify({"lamps": ["hall", "attic"], "to": "green"}, {}), lambda _: house) is False
