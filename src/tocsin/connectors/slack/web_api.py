"""The only HTTP of the Slack connector: its methods, and errors that come with status 200."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import orjson

from tocsin.connectors.outbound import Answer, Outbound
from tocsin.connectors.plain import one_line
from tocsin.connectors.secret import Secret, hidden_in
from tocsin.connectors.sorting import failure_of, retry_after
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

SLACK_URL = "https://slack.com/api/"

LONGEST_ANSWER_BYTES = 524_288
"""Slack repeats the whole message in its answer, with six bytes for a foreign letter."""

# The codes are from https://docs.slack.dev/reference/methods/chat.postMessage, section Errors.
_PASSING = {
    *("ratelimited", "rate_limited", "message_limit_exceeded", "internal_error", "fatal_error"),
    *("service_unavailable", "request_timeout", "team_added_to_org"),
}
_SETTINGS_WRONG = {
    *("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope"),
    *("no_permission", "not_allowed_token_type", "org_login_required", "ekm_access_denied", "access_denied"),
    *("two_factor_setup_required", "team_access_not_granted", "accesslimited", "method_deprecated"),
    *("deprecated_endpoint", "channel_not_found", "not_in_channel", "is_archived", "user_not_found"),
    *("cannot_dm_bot", "restricted_action", "restricted_action_read_only_channel", "messages_tab_disabled"),
}
_REFUSED = {
    *("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "no_text"),
    *("metadata_too_large", "invalid_metadata_format", "invalid_metadata_schema", "invalid_arguments"),
    *("invalid_json", "json_not_object", "too_many_attachments", "message_blocked_by_policy"),
    *("message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"),
}


class SlackRefused(DeliveryFailed):
    """Slack itself said no; `code` is its word for it."""

    def __init__(self, code: str, answer: Answer) -> None:
        reason, wish = f"Slack refused: {code}", retry_after(answer)
        super().__init__(kind_of(code), reason, retry_after_s=wish, status=answer.status)
        self.code = code


def kind_of(code: str) -> FailureKind:
    """Return what one of Slack's error codes means for the next try."""
    if code in _PASSING:
        return FailureKind.RETRY_LATER
    if code in _SETTINGS_WRONG:
        return FailureKind.MISCONFIGURED
    return FailureKind.REFUSED if code in _REFUSED else FailureKind.UNKNOWN


@dataclass(frozen=True, slots=True)
class WebApi:
    """Slack's Web API with one bot token."""

    token: Secret
    base_url: str = SLACK_URL
    outbound: Outbound = field(default_factory=lambda: Outbound(longest_answer=LONGEST_ANSWER_BYTES))

    def call(self, method: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Call a method that writes; return Slack's answer, which is `ok`. Raises `DeliveryFailed`."""
        headers = self._headers | {"Content-Type": "application/json; charset=utf-8"}
        answer = self.outbound.post(self._url(method), content=orjson.dumps(body), headers=headers)
        return self._verdict(answer)

    def read(self, method: str, **query: str) -> Mapping[str, Any]:
        """Call a method that reads, which Slack wants without JSON. Raises `DeliveryFailed`."""
        url = f"{self._url(method)}?{urlencode(query)}"
        return self._verdict(self.outbound.request("GET", url, headers=self._headers))

    def shown(self, word: object) -> str:
        """Return one word of an answer, fit to be told."""
        return one_line(hidden_in(str(word), self.token), limit=80)

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token.reveal()}"}

    def _url(self, method: str) -> str:
        return f"{self.base_url.rstrip('/')}/{method}"

    def _verdict(self, answer: Answer) -> Mapping[str, Any]:
        """Read Slack's own verdict out of an answer with status 200; one that cannot be read is unknown."""
        if answer.status != 200:
            raise failure_of(answer, "Slack", self.token)
        try:
            verdict = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            verdict = None
        if not isinstance(verdict, dict) or type(verdict.get("ok")) is not bool:
            reason = "Slack answered 200 with what is not its JSON"
            raise DeliveryFailed(FailureKind.UNKNOWN, reason, status=answer.status)
        if not verdict["ok"]:
            raise SlackRefused(self.shown(verdict.get("error")), answer)
        return verdict
