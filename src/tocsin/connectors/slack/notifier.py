"""Tells `slack_configs` of an imported `alertmanager.yml`, with the attachments that Alertmanager sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from tocsin.connectors.http_config import headers_of, outbound_of, secret_in
from tocsin.connectors.outbound import Answer, Outbound
from tocsin.connectors.plain import one_line
from tocsin.connectors.rendered import rows_in, shortened, subject_of, text_in
from tocsin.connectors.secret import Secret, hidden_in, secrets_in
from tocsin.connectors.slack.web_api import LONGEST_ANSWER_BYTES, kind_of
from tocsin.connectors.sorting import failure_of, retry_after
from tocsin.domain.clock import Clock
from tocsin.domain.notification import Integration, Notification
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

# From https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments, and what
# Alertmanager itself keeps to.
LONGEST_TITLE = 1024
LONGEST_TEXT = 8000
MOST_ROWS = 100

READ_AS_MARKDOWN = ("fallback", "pretext", "text")
_WORDS = ("title", "title_link", "pretext", "text", "image_url", "thumb_url")

Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SlackNotifier:
    """Posts a message a notification; where an answer is lost, at most one duplicate follows."""

    outbound: Outbound | None = None

    def notify(self, notification: Notification, integration: Integration) -> Receipt:
        """Post once, to a webhook or to the Web API. Raises `DeliveryFailed`, without the address."""
        settings = integration.settings
        http_config = settings.get("http_config") or {}
        url = secret_in(settings, "api_url")
        headers = headers_of(http_config) | {"Content-Type": "application/json"}
        outbound = self.outbound or outbound_of(http_config, longest_answer=LONGEST_ANSWER_BYTES)
        body = orjson.dumps(message_of(notification, settings))
        answer = outbound.post(url.reveal(), content=body, headers=headers)
        token = headers.get("Authorization", "").rpartition(" ")[2]
        return _receipt(answer, *secrets_in(url), Secret(token))


def build_notifier(clock: Clock) -> SlackNotifier:
    """Return the notifier of `slack_configs`; the time is in what it is given."""
    return SlackNotifier()


def message_of(notification: Notification, settings: Settings) -> dict[str, Any]:
    """Return the message, shaped as Alertmanager's own."""
    subject = subject_of(notification)
    texts = {name: shortened(text_in(settings, name), LONGEST_TEXT) for name in _WORDS}
    attachment: dict[str, Any] = {
        **{name: text for name, text in texts.items() if text},
        "title": shortened(texts["title"] or subject, LONGEST_TITLE),
        "fallback": shortened(text_in(settings, "fallback", subject), LONGEST_TEXT),
        "callback_id": text_in(settings, "callback_id"),
        "footer": text_in(settings, "footer"),
        "color": text_in(settings, "color", "danger" if notification.is_firing else "good"),
        "mrkdwn_in": list(settings.get("mrkdwn_in") or READ_AS_MARKDOWN),
    }
    short = bool(settings.get("short_fields"))
    if fields := rows_in(settings, "fields"):
        attachment["fields"] = [{"short": short, **field} for field in fields[:MOST_ROWS]]
    if actions := rows_in(settings, "actions"):
        attachment["actions"] = [dict(action) for action in actions[:MOST_ROWS]]
    named = ("channel", "username", "icon_emoji", "icon_url")
    message = {name: text for name in named if (text := text_in(settings, name))}
    linking = {"link_names": True} if settings.get("link_names") else {}
    return {**message, **linking, "attachments": [attachment]}


def _receipt(answer: Answer, *secrets: Secret) -> Receipt:
    """Read a webhook's `ok`, or the Web API's verdict."""
    if answer.status != 200:
        raise failure_of(answer, "Slack", *secrets)
    if answer.body.strip() == b"ok":
        return Receipt("ok")
    try:
        verdict = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        verdict = None
    if not isinstance(verdict, dict) or type(verdict.get("ok")) is not bool:
        raise DeliveryFailed(FailureKind.UNKNOWN, "Slack answered 200 with what is not its own", status=200)
    if verdict["ok"]:
        return Receipt("ok", f"{verdict.get('channel')}:{verdict.get('ts')}"[:80])
    code = one_line(hidden_in(str(verdict.get("error")), *secrets), limit=80)
    wish = retry_after(answer)
    raise DeliveryFailed(kind_of(code), f"Slack refused: {code}", retry_after_s=wish, status=200)
