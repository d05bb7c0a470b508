"""Silences are made, listed, confirmed and ended from the command line."""

from __future__ import annotations

import os
import pwd

from tocsin.app.hushing import Asked, ask, hush_of

ADD = ("silence", "add", "service=shop", "--reason", "The disk is replaced.")


def test_a_silence_is_added_shown_listed_and_ended(app, answer, typed, report) -> None:
    report({"labels": {"alertname": "DiskFull", "severity": "critical", "service": "shop"}})
    assert answer(*ADD, "--dry-run") == [{"id": "ALR-1", "title": "DiskFull"}]
    made = answer(*ADD, "--for", "2h")
    assert (made["state"], made["owner"]) == ("active", f"cli:{pwd.getpwuid(os.getuid()).pw_name}")
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


def test_nobody_consents_on_the_command_line(app, typed, report, monkeypatch) -> None:
    """Who the machine's user is says nothing of who sits before it: consent needs a person signed in."""
    report({"labels": {"alertname": "Stolen", "severity": "critical", "incident_type": "security"}})
    result = typed("silence", "add", "alertname=Stolen", "--reason", "A test.", "--for", "1h")
    assert "until a second person confirms it" in result.stderr
    assert typed("person", "add", "rey", "--name", "Rey", "--role", "commander").exit_code == 0
    monkeypatch.setenv("LOGNAME", "rey")
    monkeypatch.setattr(pwd, "getpwuid", lambda _: pwd.struct_passwd(("rey", "x", 1, 1, "", "/", "/bin/sh")))
    for silence in (
        ask(app, Asked(matchers=("alertname=Stolen",), reason="A test.", lasts="1h"), "ada"),
        ask(app, Asked(matchers=("a=b",), reason="A test.", lasts="1h"), "ada"),
    ):
        refused = typed("silence", "confirm", str(silence.silence_id))
        assert refused.exit_code == 5
        assert "http://127.0.0.1:8420/silences" in refused.stderr
        assert hush_of(app).listed()[0].second is None
    assert typed("silence", "confirm", "6f2c1a52-0000-4000-8000-000000000001").exit_code == 3


def test_a_list_without_a_silence_says_so_and_what_to_do(app, typed) -> None:
    assert "tocsin silence add --help" in typed("silence", "list").stderr
    add = typed("silence", "add", "a=b", "--reason", "r", "--for", "1h")
    assert add.exit_code == 0, add.output
    filtered = typed("silence", "list", "owner=nobody")
    assert (filtered.stdout, "Leave them out" in filtered.stderr) == ("", True)
