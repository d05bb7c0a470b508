"""What waits, and the exit code a script asks for."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta


def test_nothing_waits_in_an_empty_house(home, typed, answer) -> None:
    assert answer("now") == []
    assert typed("now").stderr == "Nothing waits.\n"


def test_something_that_waits_ends_with_10(firing, typed) -> None:
    result = typed("now", "--json")
    assert result.exit_code == 10
    (one,) = json.loads(result.stdout)["data"]
    assert (one["id"], one["waits_for"]) == ("INC-1", "acknowledgement")
    assert "1 incidents wait." in result.stderr


def test_what_is_waited_for_follows_the_work(firing, typed) -> None:
    def waits() -> str:
        return typed("now", "--plain").stdout.split("\t")[4]

    typed("incident", "ack", "INC-1")
    assert waits() == "work"
    typed("incident", "move", "INC-1", "resolved", "--reason", "done")
    assert waits() == "review"
    typed("incident", "close", "INC-1")
    assert typed("now").exit_code == 0


def test_a_missed_acknowledgement_comes_first_and_says_how_late_it_is(firing, report, app, typed) -> None:
    report({"labels": {"alertname": "SlowShop", "severity": "warning", "service": "shop"}})
    with app.store.transaction() as shelves:
        first = shelves.incidents.by_number(1)
        late = tuple(
            replace(
                clock, due_at=app.clock.now() - timedelta(minutes=13, seconds=6), missed_at=app.clock.now()
            )
            for clock in first.clocks
        )
        shelves.incidents.save(replace(first, clocks=late))
    for words in (("now",), ("incident", "list")):
        rows = [line.split("\t") for line in typed(*words, "--plain").stdout.splitlines()]
        assert [row[0] for row in rows] == ["INC-1", "INC-2"]
        assert re.fullmatch(r"late \+13:\d\d", rows[0][-1])
        assert rows[1][-1].endswith("Z")


def test_mine_is_what_i_command_and_what_nobody_has_taken(firing, typed) -> None:
    assert typed("now", "--mine", "ada").exit_code == 10
    typed("incident", "ack", "INC-1")
    assert typed("now", "--mine", "ada").exit_code == 0
