"""What is missing, with the fix."""

from __future__ import annotations

import json
import tempfile

import django.db
import pytest

from tocsin.cli import doctor as doctor_module
from tocsin.domain.errors import Misconfigured


def findings(result) -> dict[str, str]:
    return {each["name"]: each["standing"] for each in json.loads(result.stdout)["data"]}


def test_a_house_in_order_ends_with_0_and_says_what_was_checked(home, typed) -> None:
    result = typed("doctor", "--json")
    assert result.exit_code == 0
    assert findings(result)["database"] == "ok"
    assert findings(result)["on call"] == "warning"
    assert "0 problems, 3 warnings." in result.stderr


def test_a_broken_pack_is_a_problem_and_the_other_checks_are_still_made(home, typed) -> None:
    (home / "packs" / "team" / "triage.yml").write_text("nonsense: true\n")
    result = typed("doctor", "--json")
    assert result.exit_code == 6
    assert findings(result)["pack_problem"] == "problem"
    assert findings(result)["home"] == "ok"


def test_a_database_that_is_behind_is_a_problem(home, typed, monkeypatch) -> None:
    monkeypatch.setattr(doctor_module, "unmigrated", lambda: 2)
    result = typed("doctor", "--plain")
    assert result.exit_code == 6
    assert "tocsin migrate" in result.stdout


def test_a_database_that_does_not_answer_is_a_problem(home, typed, monkeypatch) -> None:
    def away() -> int:
        raise django.db.OperationalError("connection refused")

    monkeypatch.setattr(doctor_module, "unmigrated", away)
    result = typed("doctor", "--plain")
    assert result.exit_code == 6
    assert "connection refused" in result.stdout


@pytest.mark.parametrize("name", ["TOCSIN_SLACK_TOKEN", "TOCSIN_SMTP_URL", "TOCSIN_WEBHOOK_SECRETS"])
def test_settings_say_where_they_come_from_and_keep_secrets(tmp_path, typed, name) -> None:
    result = typed("doctor", "--settings", "--json", env={name: "hunter2-secret"})
    assert "hunter2" not in result.output
    shown = {each["name"]: each for each in json.loads(result.stdout)["data"]}
    assert (shown[name]["value"], shown[name]["from"]) == ("***", "environment")
    assert shown["TOCSIN_MAX_BODY_MB"]["from"] == "default"


def test_a_home_that_is_not_there_ends_with_1(typed) -> None:
    assert typed("doctor", "--home", "/no/such/home").exit_code == 1


def test_a_disk_that_takes_nothing_is_told_although_nothing_can_start(tmp_path, typed, monkeypatch) -> None:
    def refusing(_: object) -> None:
        raise Misconfigured("The key cannot be made.", means="No.", next_step="Room.")

    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(doctor_module, "django_ready", refusing)
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    result = typed("doctor", "--json")
    assert result.exit_code == 6
    assert findings(result)["home"] == findings(result)["misconfigured"] == "problem"
    assert "No space left on device" in result.stdout
