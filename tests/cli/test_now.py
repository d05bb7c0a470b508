"""What waits, and the exit code a script asks for."""

from __future__ import annotations

import json


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


def test_mine_is_what_i_command_and_what_nobody_has_taken(firing, typed) -> None:
    assert typed("now", "--mine", "ada").exit_code == 10
    typed("incident", "ack", "INC-1")
    assert typed("now", "--mine", "ada").exit_code == 0
