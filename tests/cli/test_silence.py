"""Silences are made, listed, confirmed and ended from the command line."""

from __future__ import annotations

import getpass

import pytest

from tocsin.app.hushing import Asked, ask

ADD = ("silence", "add", "service=shop", "--reason", "The disk is replaced.")


def test_a_silence_is_added_shown_listed_and_ended(app, answer, typed, report) -> None:
    report({"labels": {"alertname": "DiskFull", "severity": "critical", "service": "shop"}})
    assert answer(*ADD, "--dry-run") == [{"id": "ALR-1", "title": "DiskFull"}]
    made = answer(*ADD, "--for", "2h")
    assert (made["state"], made["owner"]) == ("active", f"cli:{getpass.getuser()}")
    assert answer("silence", "show", made["id"])["fits_now"] == ["ALR-1"]
    (listed,) = answer("silence", "list", "state=active")
    assert listed["id"] == made["id"]
    assert made["id"] in typed("silence", "list").stdout
    assert 'service="shop"' in typed("silence", "show", made["id"]).stdout
    result = typed("silence", "expire", made["id"])
    assert (result.stdout, result.exit_code) == ("", 0)
    assert answer("silence", "list", "state=active") == []


def test_one_that_recurs_is_shown_in_one_line(app, answer, typed) -> None:
    made = answer(*ADD, "--rule", "FREQ=WEEKLY;BYDAY=SU", "--each", "1h", "--zone", "Europe/Berlin")
    assert "FREQ=WEEKLY;BYDAY=SU (Europe/Berlin), 3600 s each" in typed("silence", "show", made["id"]).stdout


def test_a_silence_without_an_end_is_refused(app, typed) -> None:
    result = typed(*ADD)
    assert result.exit_code == 1
    assert "The silence has no end." in result.stderr


def test_nobody_without_an_account_is_a_second_person(app, typed, report) -> None:
    report({"labels": {"alertname": "Stolen", "severity": "critical", "incident_type": "security"}})
    result = typed("silence", "add", "alertname=Stolen", "--reason", "A test.", "--for", "1h")
    assert "until a second person confirms it" in result.stderr
    made = ask(app, Asked(matchers=("alertname=Stolen",), reason="A test.", lasts="1h"), "ada")
    assert "has no account" in typed("silence", "confirm", str(made.silence_id)).stderr


@pytest.fixture
def ben(app, typed, monkeypatch) -> None:
    assert typed("person", "add", "ben", "--name", "Ben", "--role", "responder").exit_code == 0
    monkeypatch.setattr(getpass, "getuser", lambda: "ben")


def test_a_person_with_an_account_confirms(app, ben, answer, typed) -> None:
    made = ask(app, Asked(matchers=("a=b",), reason="A test.", lasts="1h"), "ada")
    assert answer("silence", "confirm", str(made.silence_id))["second"] == "cli:ben"
    assert typed("silence", "confirm", "6f2c1a52-0000-4000-8000-000000000001").exit_code == 3
