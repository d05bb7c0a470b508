"""What a responder does to an incident by the command line."""

from __future__ import annotations

import json

import jsonschema
import pytest

from tocsin.domain.incident import Status
from tocsin.domain.severity import Severity
from tocsin.incidents.record import r1_schema

FIRING_TOO = {"labels": {"alertname": "SlowShop", "severity": "info", "service": "shop"}}


def incident(app):
    with app.store.reading() as shelves:
        return shelves.incidents.by_number(1)


def test_an_empty_list_is_an_empty_document(home, answer, typed) -> None:
    assert answer("incident", "list") == []
    assert typed("incident", "list", "--plain").stdout == ""


def test_the_list_shows_what_is_due_first_and_says_how_many_more(firing, report, answer, typed) -> None:
    report(FIRING_TOO)
    assert [each["id"] for each in answer("incident", "list")] == ["INC-1", "INC-2"]
    result = typed("incident", "list", "--limit", "1", "--plain")
    (row,) = result.stdout.splitlines()
    assert row.split("\t")[:3] == ["INC-1", "P1", "open"]
    assert result.stderr == "1 more; see them with --limit 2.\n"


def test_filters_leave_out_the_rest(firing, report, answer) -> None:
    report(FIRING_TOO)
    assert [each["id"] for each in answer("incident", "list", "severity=p4")] == ["INC-2"]
    assert [each["id"] for each in answer("incident", "list", "severity!=P4", "service=shop")] == ["INC-1"]
    assert answer("incident", "list", "until=1d") == []


def test_a_filter_by_an_unknown_field_is_a_usage_error(home, typed) -> None:
    result = typed("incident", "list", "colour=red")
    assert result.exit_code == 2
    assert "there are severity" in result.stderr


def test_showing_one_includes_its_timeline_and_exhibits(firing, answer, typed) -> None:
    shown = answer("incident", "show", "inc-1")
    assert shown["severity"] == "P1"
    assert shown["exhibits"] == ["EX-1"]
    assert shown["timeline"][0]["kind"] == "incident.opened"
    assert "is called" in typed("incident", "show", "1").stdout


def test_what_is_not_there_ends_with_3(home, typed) -> None:
    result = typed("incident", "show", "INC-9")
    assert result.exit_code == 3
    assert result.stdout == ""
    first, _means, next_step = result.stderr.splitlines()
    assert first.endswith("[not_found]")
    assert "tocsin incident list" in next_step


def test_acknowledging_stops_the_calls_and_may_be_repeated(firing, answer, typed) -> None:
    assert answer("incident", "ack", "INC-1")["acknowledged_by"].startswith("cli:")
    assert typed("incident", "ack", "INC-1").exit_code == 0
    assert incident(firing).acknowledged_at is not None


def test_only_somebody_with_an_account_can_be_given_the_command(firing, typed) -> None:
    assert typed("incident", "assign", "INC-1", "ada").exit_code == 3
    typed("person", "add", "ada", "--name", "Ada", "--role", "commander")
    assert typed("incident", "assign", "INC-1", "ada").exit_code == 0
    assert incident(firing).commander == "ada"


def test_a_note_comes_from_the_words_or_from_stdin(firing, typed, answer) -> None:
    assert typed("incident", "note", "INC-1", "Looked at it.").exit_code == 0
    assert typed("incident", "note", "INC-1", "-", input="From a pipe.").exit_code == 0
    texts = [entry["text"] for entry in answer("incident", "show", "INC-1")["timeline"]]
    assert "Looked at it." in texts
    assert "From a pipe." in texts


def test_an_empty_note_is_refused(firing, typed) -> None:
    assert typed("incident", "note", "INC-1", "").exit_code == 5


def test_the_severity_changes_with_a_reason(firing, typed) -> None:
    result = typed("incident", "severity", "INC-1", "p3", "--reason", "Only a test system.")
    assert result.exit_code == 0
    assert result.stderr == "INC-1 is P3 Medium.\n"
    assert incident(firing).severity is Severity.P3


def test_it_moves_along_its_states_and_is_closed(firing, typed) -> None:
    assert typed("incident", "move", "INC-1", "investigating").exit_code == 0
    assert typed("incident", "move", "INC-1", "resolved").exit_code == 0
    assert typed("incident", "close", "INC-1").exit_code == 0
    assert incident(firing).status is Status.CLOSED


def test_a_move_that_is_not_allowed_ends_with_5(firing, typed) -> None:
    result = typed("incident", "close", "INC-1")
    assert result.exit_code == 5
    assert "[move_refused]" in result.stderr


@pytest.mark.parametrize("word", [(), ("--json",)], ids=["bare", "in the envelope"])
def test_the_export_is_the_record_other_systems_read(firing, typed, word) -> None:
    exported = json.loads(typed("incident", "export", "INC-1", *word).stdout)
    jsonschema.validate(exported["data"] if word else exported, r1_schema())
