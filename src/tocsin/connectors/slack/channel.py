"""Posts messages to Slack and sorts its errors, which come with status 200."""

from __future__ import annotations

from dataclasses import dataclass, field

import orjson

from tocsin.connectors.outbound import Answer, Outbound
from tocsin.connectors.plain import one_line
from tocsin.connectors.secret import Secret, hidden_in
from tocsin.connectors.slack.blocks import payload_of
from tocsin.connectors.sorting import failure_of, retry_after
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

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
}


@dataclass(frozen=True, slots=True)
class SlackChannel:
    """Slack as a channel; the address is a channel id (C...) or a user id (U...)."""

    token: Secret
    base_url: str = SLACK_URL
    outbound: Outbound = field(default_factory=lambda: Outbound(longest_answer=LONGEST_ANSWER_BYTES))

    @property
    def name(self) -> str:
        return "slack"

    @property
    def is_real(self) -> bool:
        return True

    def send(self, message: Message, address: str) -> Receipt:
        """Post once. Raises `DeliveryFailed`; an answer that cannot be read counts as unknown."""
        content = orjson.dumps(payload_of(message, address))
        headers = {
            "Authorization": f"Bearer {self.token.reveal()}",
            "Content-Type": "application/json; charset=utf-8",
        }
        answer = self.outbound.post(
            f"{self.base_url.rstrip('/')}/chat.postMessage", content=content, headers=headers
        )
        if answer.status != 200:
            raise failure_of(answer, "Slack", self.token)
        return self._receipt(answer)

    def _receipt(self, answer: Answer) -> Receipt:
        """Read Slack's own verdict out of an answer with status 200."""
        try:
            verdict = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            verdict = None
        if not isinstance(verdict, dict) or type(verdict.get("ok")) is not bool:
            raise DeliveryFailed(FailureKind.UNKNOWN, "Slack answered 200 with what is not its JSON")
        if verdict["ok"]:
            return Receipt(f"ts {self._shown(verdict.get('ts'))} in {self._shown(verdict.get('channel'))}")
        code = self._shown(verdict.get("error"))
        raise DeliveryFailed(
            _kind_of(code), f"Slack refused: {code}", retry_after_s=retry_after(answer), status=200
        )

    def _shown(self, word: object) -> str:
        return one_line(hidden_in(str(word), self.token), limit=80)


def _kind_of(code: str) -> FailureKind:
    if code in _PASSING:
        return FailureKind.RETRY_LATER
    if code in _SETTINGS_WRONG:
        return FailureKind.MISCONFIGURED
    if code in _REFUSED:
        return FailureKind.REFUSED
    return FailureKind.UNKNOWN
