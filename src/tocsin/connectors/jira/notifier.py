"""Tells `jira_configs` of an imported `alertmanager.yml`, in the issues that Alertmanager made itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from tocsin.connectors.http_config import headers_of, outbound_of, secret_in
from tocsin.connectors.jira.channel import LONGEST_SUMMARY, label, named
from tocsin.connectors.jira.document import LONGEST_TEXT, plain_document
from tocsin.connectors.jira.issues import LONGEST_ANSWER_BYTES, Found, Issues, quoted
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.plain import one_line
from tocsin.connectors.rendered import group_digest, mapping_in, shortened, subject_of, text_in, texts_in
from tocsin.connectors.secret import Secret
from tocsin.domain.clock import Clock
from tocsin.domain.notification import Integration, Notification
from tocsin.domain.ports.delivery import Receipt

Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class JiraNotifier:
    """Keeps one issue a group, found by Alertmanager's own label: `ALERT{digest of the group key}`."""

    outbound: Outbound | None = None

    def notify(self, notification: Notification, integration: Integration) -> Receipt:
        """Make, change or move the group's issue. Raises `DeliveryFailed`."""
        issues = issues_of(integration.settings, self.outbound)
        with issues.outbound.together() as together:
            return _told(replace(issues, outbound=together), notification, integration.settings)


def _told(issues: Issues, notification: Notification, settings: Settings) -> Receipt:
    mark = group_label(notification)
    found = issues.find(text_in(settings, "project"), [mark], condition_of(settings))
    fields = fields_of(notification, settings, is_document=issues.takes_documents)
    if found is not None:
        return _changed(issues, found, fields, notification, settings)
    if not notification.is_firing:
        return Receipt("there is no issue to close")
    new = {
        "project": {"key": text_in(settings, "project")},
        "issuetype": named(text_in(settings, "issue_type", "Task")),
        "labels": [*map(label, texts_in(settings, "labels")), mark],
    }
    key = issues.create(fields | new)
    return Receipt(f"made {key}", key)


def build_notifier(clock: Clock) -> JiraNotifier:
    """Return the notifier of `jira_configs`; the time is in what it is given."""
    return JiraNotifier()


def issues_of(settings: Settings, outbound: Outbound | None) -> Issues:
    """Return the Jira that the settings name; `api_url` ends with the API's version."""
    http_config = settings.get("http_config") or {}
    headers = headers_of(http_config)
    authorization = Secret(headers.pop("Authorization", ""))
    password = secret_in(http_config.get("basic_auth") or {}, "password")
    api = text_in(settings, "api_url").rstrip("/")
    host = urlsplit(api).hostname or ""
    return Issues(
        api=api,
        authorization=authorization,
        is_cloud=host.endswith(".atlassian.net") or api.endswith("/3"),
        secrets=(Secret(authorization.reveal().rpartition(" ")[2]), password),
        headers=headers,
        outbound=outbound or outbound_of(http_config, longest_answer=LONGEST_ANSWER_BYTES),
    )


def group_label(notification: Notification) -> str:
    """Return Alertmanager's own label of the group."""
    return f"ALERT{{{group_digest(notification)}}}"


def condition_of(settings: Settings) -> str:
    """Return which issues of the group still count: open ones, or those closed not long ago.

    An issue without a resolution must be named by itself, or JQL leaves it out of every comparison.
    """
    conditions = []
    reopened = settings.get("reopen_duration")
    if isinstance(reopened, timedelta) and reopened > timedelta(0):
        minutes = int(reopened / timedelta(minutes=1))
        conditions.append(f"(resolutiondate is EMPTY OR resolutiondate >= -{minutes}m)")
    elif not text_in(settings, "reopen_transition"):
        conditions.append("statusCategory != Done")
    if wont_fix := text_in(settings, "wont_fix_resolution"):
        conditions.append(f"(resolution is EMPTY OR resolution != {quoted(wont_fix)})")
    return " AND ".join(conditions)


def fields_of(notification: Notification, settings: Settings, *, is_document: bool) -> dict[str, Any]:
    """Return the fields that follow the group as it changes."""
    text = shortened(text_in(settings, "description"), LONGEST_TEXT)
    summary = one_line(text_in(settings, "summary", subject_of(notification)), limit=LONGEST_SUMMARY)
    fields: dict[str, Any] = {**mapping_in(settings, "fields"), "summary": summary}
    if text:
        fields["description"] = plain_document(text) if is_document else text
    if priority := text_in(settings, "priority"):
        fields["priority"] = named(priority)
    return fields


def _changed(
    issues: Issues, found: Found, fields: Mapping[str, Any], notification: Notification, settings: Settings
) -> Receipt:
    issues.change(found.key, fields)
    wanted = ""
    if notification.is_firing and found.is_done:
        wanted = text_in(settings, "reopen_transition")
    elif not notification.is_firing and not found.is_done:
        wanted = text_in(settings, "resolve_transition")
    if wanted and issues.move(found.key, wanted):
        return Receipt(f"changed and moved {found.key} by {wanted}", found.key)
    return Receipt(f"changed {found.key}", found.key)
