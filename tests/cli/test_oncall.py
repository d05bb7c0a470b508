"""The on-call file is checked and rehearsed, and people are asked whether they can be reached."""

from __future__ import annotations

import json
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[2] / "packs" / "saas-platform" / "examples"
TWINS = """\
people:
  ben: {name: Ben, contacts: [{channel: pagerduty, address: ops}, {channel: slack, address: U1}]}
  ada: {name: Ada, contacts: [{channel: pagerduty, address: ops}]}
schedule: {zone: UTC, rotation: weekly, handover: "09:00", starts: 2026-11-16, people: [ben, ada]}
escalation: {P1: [{after: 0m, page: primary}]}
"""
BROKEN = "tests: [{name: wrong, severity: P1, at: '2026-11-20T02:00:00Z', policy: other}]\n"


def test_an_example_is_checked_with_the_tests_beside_it(answer, typed) -> None:
    results = answer("oncall", "check", str(EXAMPLE / "oncall.yml"))
    assert {each["result"] for each in results} == {"passed"}
    said = typed("oncall", "check", str(EXAMPLE / "oncall.yml"))
    assert "4 people, 3 policies; 7 tests, 0 failed." in said.stderr


def test_a_test_that_fails_ends_with_6_and_says_why(typed, tmp_path) -> None:
    tests = tmp_path / "own.yml"
    tests.write_text(BROKEN)
    result = typed("oncall", "check", str(EXAMPLE / "oncall.yml"), "--tests", str(tests))
    assert result.exit_code == 6
    assert "The policy is default, not other." in result.stdout


def test_the_file_in_force_is_checked_with_its_own_tests(app, typed, home) -> None:
    assert "0 tests" in typed("oncall", "check").stderr
    (home / "packs" / "team" / "oncall.tests.yml").write_text(BROKEN)
    assert typed("oncall", "check").exit_code == 6


def test_a_file_with_a_mistake_or_that_is_no_text_ends_with_6_and_is_one_object_in_json(
    typed, tmp_path
) -> None:
    path = tmp_path / "oncall.yml"
    for content, said, place in (
        (b"people: {}\n", "`schedule` is missing", f"{path}:1:1"),
        (b"\xff", "cannot be read", str(path)),
    ):
        path.write_bytes(content)
        shown = typed("oncall", "check", str(path))
        assert (shown.exit_code, said in shown.stdout) == (6, True)
        answer = typed("oncall", "check", str(path), "--json")
        (problem,) = json.loads(answer.stdout)["data"]
        assert (answer.exit_code, problem["result"], problem["place"]) == (6, "problem", place)


def test_a_channel_that_there_is_not_ends_with_6_and_a_warning_with_0(typed, tmp_path) -> None:
    path = tmp_path / "oncall.yml"
    path.write_text(TWINS)
    answer = typed("oncall", "check", str(path), "--json")
    (warning,) = json.loads(answer.stdout)["data"]
    assert (answer.exit_code, warning["result"]) == (0, "warning")
    assert warning["faults"][0].startswith("ben and ada share the address ops of pagerduty")
    path.write_text(TWINS.replace("slack", "slak"))
    found = typed("oncall", "check", str(path))
    assert (found.exit_code, "There is no channel `slak`" in found.stdout) == (6, True)
    assert "1 problems, 1 warnings." in found.stderr


def test_an_escalation_is_rehearsed_without_calling_anybody(app, answer, typed) -> None:
    words = ("oncall", "rehearse", "P1", "service=shop", "--at", "2026-11-20T02:00:00Z")
    played = answer(*words, "--acknowledged-after", "6")
    assert [page["person"] for page in played["pages"]] == ["ben", "ben"]
    assert played["policy"] == "default"
    shown = typed(*words)
    assert "ben" in shown.stdout
    assert "there is no secondary" in shown.stdout
    assert "Policy default" in shown.stderr
    with app.store.reading() as shelves:
        assert shelves.incidents.count() == 0
    assert typed("oncall", "rehearse", "P1", "service").exit_code == 2


def test_people_are_asked_to_confirm_and_listed(app, answer, typed) -> None:
    assert [each["person"] for each in answer("oncall", "test", "ben")] == ["ben"]
    (ben, *_) = [each for each in answer("oncall", "ready") if each["person"] == "ben"]
    assert (ben["channel"], ben["is_verified"], ben["verified_at"], ben["is_set_up"]) == (
        "inbox",
        False,
        None,
        True,
    )
    assert "'eve' is not in" in typed("oncall", "test", "eve").stderr
    assert "test messages are on their way" in typed("oncall", "test").stderr


def test_a_file_that_names_a_calendar_finds_it_beside_itself(typed, tmp_path) -> None:
    (tmp_path / "oncall.yml").write_text(
        "people:\n  ben: {name: Ben, contacts: [{channel: slack, address: U1}]}\n"
        "schedules:\n  shop:\n    zone: UTC\n    layers:\n      - {name: shared, calendar: shop.ics}\n"
        "policies:\n  default: {schedule: shop, steps: {P1: [{after: 0m, page: primary}]}}\n"
    )
    (tmp_path / "shop.ics").write_text("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x\r\nEND:VCALENDAR\r\n")
    said = typed("oncall", "check", str(tmp_path / "oncall.yml"))
    assert said.exit_code == 0, said.stderr


def test_the_first_example_of_the_documentation_is_a_whole_file(typed, tmp_path) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "oncall.md").read_text("utf-8")
    path = tmp_path / "oncall.yml"
    path.write_text(text.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    checked = typed("oncall", "check", str(path))
    assert (checked.exit_code, checked.stdout) == (0, ""), checked.output
    assert "2 people, 1 policies" in checked.stderr


def test_where_nobody_is_listed_it_says_so_and_what_to_do(app, typed, tmp_path) -> None:
    (tmp_path / "packs" / "team" / "oncall.yml").write_text("people: {}\nschedule: null\nescalation: {}\n")
    told = typed("oncall", "ready")
    assert (told.stdout, "Nobody is listed" in told.stderr) == ("", True), told.output
