"""Our own acts say all of themselves, and ask for what the house answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tocsin.connectors.own.performers import ACTS, LONGEST_LAST, PERFORMERS, SIGNALS
from tocsin.domain.acting import Call, Seen
from tocsin.domain.playing import drive, rehearse
from tocsin.response.declaring import faults_of

BY_NAME = {one.declaration.name: one for one in PERFORMERS}
KEY = {"incident_key": "tocsin-7"}


class House:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def call(self, call: Call) -> Any:
        return self.answer


@pytest.mark.parametrize("name", BY_NAME)
def test_each_says_all_of_itself(name: str) -> None:
    assert faults_of(BY_NAME[name]) == ()


@pytest.mark.parametrize(("name", "argument"), [("page", "who"), ("notify", "to")])
def test_people_are_called_once(name: str, argument: str) -> None:
    one, arguments = BY_NAME[f"tocsin.{name}"], {argument: ("ada", "ben"), "text": "Now.", **KEY}
    [call] = rehearse(one.perform(arguments, {}, "k")).calls
    assert (call.service, call.operation, call.changes) == (ACTS, name, True)
    assert call.parameters["who"] == ["ada", "ben"]
    told = drive(one.perform(arguments, {}, "k"), lambda _: House({"people": []}))
    assert told.text == f"{name}: they were told before"
    assert drive(one.seen(arguments, {}, "k"), lambda _: House({"called": True})) is Seen.DONE
    assert drive(one.seen(arguments, {}, "k"), lambda _: House({"called": False})) is Seen.NOT_DONE
    assert drive(one.verify(arguments, {}), lambda _: House({"called": True})) is True


def test_the_bridge_is_told() -> None:
    told = rehearse(BY_NAME["bridge.open"].perform(KEY, {}, "k"))
    assert told.given.output == {"url": "https://bridge.example"}
    assert not told.calls[0].changes
    assert rehearse(BY_NAME["bridge.open"].seen(KEY, {}, "k")).given is Seen.NOT_DONE
    assert rehearse(BY_NAME["bridge.open"].verify(KEY, {})).given is True


@pytest.mark.parametrize(
    ("name", "arguments", "lists"),
    [
        ("signals.top", {"by": ("src_ip", "account"), "last": timedelta(days=99)}, {"src_ips", "accounts"}),
        ("signals.sequence", {"first": "a.b", "then": "c.d", "same": "account"}, {"accounts"}),
    ],
)
def test_signals_are_asked_within_a_bounded_span(name: str, arguments: Any, lists: set[str]) -> None:
    rehearsed = rehearse(BY_NAME[name].perform(arguments, {}, "k"))
    [call] = rehearsed.calls
    assert (call.service, call.changes) == (SIGNALS, False)
    assert 0 < call.parameters["last"] <= LONGEST_LAST.total_seconds()
    assert lists <= set(rehearsed.given.output)


def test_what_was_found_is_told_in_a_few_words() -> None:
    found = {
        "total": 60,
        "src_ips": ["198.51.100.7\nx" + "y" * 99],
        "accounts": [f"user{n}" for n in range(7)],
    }
    asked = {"by": ("src_ip", "account")}
    text = drive(BY_NAME["signals.top"].perform(asked, {}, "k"), lambda _: House(found)).text
    assert text.startswith("60 found; src_ips: 198.51.100.7 xyy")
    assert text.endswith("; accounts: user0, user1, user2, user3, user4 and 2 more")
    assert "y" * 80 not in text
    nothing = {"total": 0, "src_ips": [], "accounts": []}
    assert drive(BY_NAME["signals.top"].perform(asked, {}, "k"), lambda _: House(nothing)).text == "0 found"
