"""Every connector by name; nothing of a connector is imported until it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from tocsin.connectors.manifest import Manifest
from tocsin.domain.errors import NotFound

CONNECTORS: tuple[str, ...] = (
    "alertmanager",
    "anchors",
    "aws_actions",
    "aws_logs",
    "cloudwatch",
    "code_quality",
    "code_scans",
    "crowdstrike",
    "datadog",
    "deploy",
    "drift",
    "edgedelta",
    "entra",
    "events_v2",
    "evidence_local",
    "evtx",
    "flags",
    "generic",
    "github",
    "guardduty",
    "http_actions",
    "identity",
    "inbox",
    "intune",
    "jamf",
    "jira",
    "jira_service_management",
    "kafka",
    "log_key",
    "mail",
    "mcp_audit",
    "ntfy",
    "opsgenie",
    "otlp",
    "own",
    "pagerduty",
    "parquet",
    "prometheus",
    "push",
    "receivers",
    "remote_write",
    "runbook_pages",
    "s3",
    "sentinelone",
    "sentry",
    "shell",
    "signals",
    "slack",
    "smtp",
    "sns",
    "sql_actions",
    "statuspage",
    "syslog",
    "teams",
    "twilio",
    "webhook",
)


def manifest_of(name: str) -> Manifest:
    """Return one connector's manifest, which imports no client. Raises `NotFound`."""
    if name not in CONNECTORS:
        raise NotFound(
            f"There is no connector {name[:80]!r}.",
            means="Nothing was sent or read through it.",
            next_step=f"Use one of {', '.join(CONNECTORS)}.",
        )
    found: Manifest = import_module(f"tocsin.connectors.{name}.manifest").MANIFEST
    return found


def manifests() -> tuple[Manifest, ...]:
    """Return all manifests, by name."""
    return tuple(manifest_of(name) for name in CONNECTORS)


def notifier_places() -> Mapping[str, str]:
    """Return the `module:name` of what tells each kind of integration (`webhook`, `email` ...)."""
    return {kind: place for manifest in manifests() for kind, place in manifest.notifiers}


def load(place: str) -> Any:
    """Return what a manifest's `module:name` points to, importing the module now."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
