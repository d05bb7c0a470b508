"""GitHub's events: what went wrong begins, what was mended ends the same, the rest is a signal."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from nouns import NOON
from tocsin.connectors.github.events import read_event

REPOSITORY = {"full_name": "acme/shop", "name": "shop"}


def _read(kind: str, event: dict[str, Any]):
    return read_event(kind, {"repository": REPOSITORY, **event}, b"", NOON)


def _run(conclusion: str, name: str = "ci", action: str = "completed"):
    run = {"name": name, "workflow_id": 9, "conclusion": conclusion, "head_branch": "main", "head_sha": "abc"}
    return _read("workflow_run", {"action": action, "workflow_run": run})


def _status(state: str, environment: str = "production"):
    return _read("deployment_status", {"deployment_status": {"state": state, "environment": environment}})


@pytest.mark.parametrize(
    ("broken", "mended", "labels"),
    [
        (_run("failure"), _run("success"), {"alertname": "WorkflowRunFailed", "severity": "medium"}),
        (_run("timed_out"), _run("neutral"), {"workflow": "ci", "branch": "main"}),
        (_run("failure", "Deploy"), _run("success", "Deploy"), {"incident_type": "deployment-failure"}),
        (_status("failure"), _status("success"), {"severity": "high", "incident_type": "deployment-failure"}),
        (_status("error", "staging"), _status("success", "staging"), {"severity": "medium"}),
    ],
)
def test_what_is_mended_ends_what_was_broken(broken, mended, labels: dict[str, str]) -> None:
    (begun,), (ended,) = broken.reports, mended.reports
    assert begun.key == ended.key
    assert begun.report.ends_at is None
    assert ended.report.ends_at == NOON
    assert begun.report.labels.items() >= labels.items()


@pytest.mark.parametrize(
    "found", [_run("cancelled"), _run("failure", action="requested"), _status("pending")]
)
def test_what_is_neither_is_a_signal_only(found) -> None:
    assert (found.reports, len(found.signals)) == ((), 1)


@pytest.mark.parametrize(
    ("kind", "alert", "severity"),
    [
        ("secret_scanning_alert", {"number": 3, "secret_type": "aws"}, "critical"),
        (
            "code_scanning_alert",
            {"number": 3, "rule": {"id": "sql", "security_severity_level": "high"}},
            "high",
        ),
        ("code_scanning_alert", {"number": 3, "rule": {"id": "x", "severity": "note"}}, "note"),
        ("code_scanning_alert", {"number": 3}, "medium"),
        ("dependabot_alert", {"number": 3, "security_advisory": {"severity": "low"}}, "low"),
    ],
)
@pytest.mark.parametrize("over", ["fixed", "resolved", "dismissed"])
def test_a_finding_begins_and_ends(kind: str, alert: dict[str, Any], severity: str, over: str) -> None:
    alert = {**alert, "created_at": "2026-03-01T11:00:00Z"}
    (begun,) = _read(kind, {"action": "created", "alert": alert}).reports
    (ended,) = _read(kind, {"action": over, "alert": alert}).reports
    assert (begun.key, begun.report.labels["severity"]) == (ended.key, severity)
    assert begun.report.labels["incident_type"] == "security"
    assert (begun.report.starts_at.hour, ended.report.ends_at) == (11, NOON)


@pytest.mark.parametrize("event", [{"action": "assigned", "alert": {"number": 3}}, {"action": "created"}])
def test_a_finding_without_news_or_number_is_none(event: dict[str, Any]) -> None:
    assert _read("secret_scanning_alert", event).reports == ()


def test_a_ping_is_nothing_and_a_push_is_a_signal() -> None:
    assert _read("ping", {}).signals == ()
    (line,) = _read("push", {"ref": "refs/heads/main"}).signals
    assert orjson.loads(line)["github_event"] == "push"


def test_hostile_shapes_stumble_nobody() -> None:
    for kind in ("workflow_run", "deployment_status", "secret_scanning_alert", "code_scanning_alert"):
        for event in ({}, {kind: 7}, {"alert": []}, {"action": ["x"]}):
            read_event(kind, event, b"", NOON)
