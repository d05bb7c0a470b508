"""Reads GitHub's events: what went wrong becomes an alert, what was mended ends it, the rest is a signal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from tocsin.connectors.hook import KeyedReport, ReadHook, keyed
from tocsin.connectors.instant import event_instant
from tocsin.connectors.leaves import label, leaf, line_of, text, url, word

# The fields are those of https://docs.github.com/en/webhooks/webhook-events-and-payloads
BROKEN = frozenset({"failure", "timed_out", "startup_failure", "error"})
MENDED = frozenset({"success", "neutral"})
OVER = frozenset({"fixed", "resolved", "dismissed", "auto_dismissed", "closed_by_user", "revoked"})
OPEN = frozenset(
    {"created", "reopened", "reopened_by_user", "reintroduced", "publicly_leaked", "appeared_in_branch"}
)

Reader = Callable[[dict[str, Any], datetime], KeyedReport | None]


def read_event(kind: str, event: dict[str, Any], raw: bytes, now: datetime) -> ReadHook:
    """Read one event. One that begins or ends no alert is kept as a signal, `ping` for nothing."""
    if kind == "ping":
        return ReadHook()
    reader = _READERS.get(kind)
    found = reader(event, now) if reader else None
    signal = line_of({"github_event": kind, **event})
    return ReadHook(reports=(found,) if found else (), signals=(signal,))


def _workflow_run(event: dict[str, Any], now: datetime) -> KeyedReport | None:
    run = leaf(event, "workflow_run")
    conclusion = word(run, "conclusion")
    if word(event, "action") != "completed" or conclusion not in BROKEN | MENDED:
        return None
    name, branch = label(run, "name"), label(run, "head_branch")
    key = f"workflow/{_repository(event)}/{word(run, 'workflow_id') or name}/{branch}"
    labels = {
        "alertname": "WorkflowRunFailed",
        "repository": _repository(event),
        "workflow": name,
        "branch": branch,
        "severity": "medium",
        "incident_type": "deployment-failure" if "deploy" in name.lower() else "",
    }
    annotations = {
        "summary": f"The workflow {name} of {_repository(event)} ended with {conclusion}.",
        "description": text(run, "head_commit", "message"),
        "commit": label(run, "head_sha"),
    }
    ended = now if conclusion in MENDED else None
    return keyed(key, labels, annotations, link=url(run, "html_url"), ended=ended)


def _deployment(event: dict[str, Any], now: datetime) -> KeyedReport | None:
    state = word(event, "deployment_status", "state")
    if state not in BROKEN | MENDED:
        return None
    environment = label(event, "deployment_status", "environment") or label(
        event, "deployment", "environment"
    )
    labels = {
        "alertname": "DeploymentFailed",
        "repository": _repository(event),
        "environment": environment,
        "service": label(event, "repository", "name"),
        "severity": "high" if environment.lower() in ("production", "prod") else "medium",
        "incident_type": "deployment-failure",
    }
    annotations = {
        "summary": f"A deployment of {_repository(event)} to {environment} ended with {state}.",
        "description": text(event, "deployment_status", "description"),
        "commit": label(event, "deployment", "sha"),
    }
    link = url(event, "deployment_status", "log_url") or url(event, "deployment_status", "target_url")
    key = f"deployment/{_repository(event)}/{environment}"
    return keyed(key, labels, annotations, link=link, ended=now if state in MENDED else None)


def _secret(event: dict[str, Any], now: datetime) -> KeyedReport | None:
    kind = label(event, "alert", "secret_type_display_name") or label(event, "alert", "secret_type")
    labels = {"alertname": "SecretLeaked", "secret_type": kind, "severity": "critical"}
    summary = f"A secret ({kind}) was found in {_repository(event)}."
    return _finding("secret", event, labels, summary, now)


def _code(event: dict[str, Any], now: datetime) -> KeyedReport | None:
    rule = label(event, "alert", "rule", "id")
    severity = label(event, "alert", "rule", "security_severity_level")
    severity = severity or label(event, "alert", "rule", "severity")
    labels = {"alertname": "CodeScanningFinding", "rule": rule, "severity": severity or "medium"}
    summary = f"{label(event, 'alert', 'rule', 'description') or rule} in {_repository(event)}."
    return _finding("code", event, labels, summary, now)


def _dependency(event: dict[str, Any], now: datetime) -> KeyedReport | None:
    package = label(event, "alert", "dependency", "package", "name")
    labels = {
        "alertname": "VulnerableDependency",
        "package": package,
        "advisory": label(event, "alert", "security_advisory", "ghsa_id"),
        "severity": label(event, "alert", "security_advisory", "severity") or "medium",
    }
    summary = text(event, "alert", "security_advisory", "summary") or f"{package} is vulnerable."
    return _finding("dependency", event, labels, summary, now)


def _finding(
    kind: str, event: dict[str, Any], labels: dict[str, str], summary: str, now: datetime
) -> KeyedReport | None:
    action, number = word(event, "action"), word(event, "alert", "number")
    if action not in OPEN | OVER or not number:
        return None
    key = f"{kind}/{_repository(event)}/{number}"
    labels = {**labels, "repository": _repository(event), "finding": number, "incident_type": "security"}
    ended = now if action in OVER else None
    annotations = {"summary": summary}
    begun = None if ended else event_instant(leaf(event, "alert", "created_at"))
    return keyed(key, labels, annotations, link=url(event, "alert", "html_url"), begun=begun, ended=ended)


def _repository(event: dict[str, Any]) -> str:
    return label(event, "repository", "full_name")


_READERS: dict[str, Reader] = {
    "workflow_run": _workflow_run,
    "deployment_status": _deployment,
    "secret_scanning_alert": _secret,
    "code_scanning_alert": _code,
    "dependabot_alert": _dependency,
}
