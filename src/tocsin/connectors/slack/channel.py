"""Posts messages to Slack, changes them in place as their incident goes on, and looks before it repeats."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tocsin.connectors.secret import Secret
from tocsin.connectors.slack.blocks import EVENT_TYPE, content_of
from tocsin.connectors.slack.incoming_webhook import is_hook, post_to_hook
from tocsin.connectors.slack.pace import Pace
from tocsin.connectors.slack.web_api import SlackRefused, WebApi
from tocsin.domain.clock import Clock, SystemClock
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

LOOKED_THROUGH = 100
"""How many of a channel's latest messages are searched for one that an earlier try has left."""

_REFERENCE = re.compile(r"([A-Z0-9]{2,30}):(\d{1,15}\.\d{1,9})")
_ANSWERED_BELOW = frozenset({"page", "escalated", "unanswered", "unreached"})
"""Events that must be noticed: a message that is changed in place rings nowhere."""
_CANNOT_CHANGE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})


@dataclass(frozen=True, slots=True)
class SlackChannel:
    """Slack as a channel.

    The address is a channel id (C...), a user id (U...), or the name of an incoming webhook among `hooks`. A
    message's reference is `channel:ts`; messages that name one change it in place, or, for events that must
    be noticed, answer below it and show in the channel too; in a person's own only pages do. Webhooks can do
    neither. `is_interactive` adds the buttons whose press is sent to us.
    """

    api: WebApi
    hooks: Mapping[str, Secret] = field(default_factory=dict)
    is_interactive: bool = False
    clock: Clock = field(default_factory=SystemClock)
    pace: Pace = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pace", Pace(self.clock))

    @property
    def name(self) -> str:
        return "slack"

    @property
    def is_real(self) -> bool:
        return True

    def send(self, message: Message, address: str) -> Receipt:
        """Post, change or answer once. Raises `DeliveryFailed`; an unreadable answer counts as unknown.

        Notices keep Slack's pace of one a second; a page never waits.
        """
        if not message.is_page:
            self.pace.wait_for_turn(address, message.key)
        hook = Secret(address) if is_hook(address) else self.hooks.get(address)
        if hook is not None:
            content = content_of(message, interactive=self.is_interactive)
            return post_to_hook(hook, content, self.api.outbound)
        if not self.api.token:
            reason = "the address is no incoming webhook that is set up, and there is no bot token"
            raise DeliveryFailed(FailureKind.MISCONFIGURED, reason)
        with self.api.outbound.together() as together:
            return replace(self, api=replace(self.api, outbound=together))._send(message, address)

    def _send(self, message: Message, address: str) -> Receipt:
        content = content_of(message, interactive=self.is_interactive)
        thread = _REFERENCE.fullmatch(message.thread)
        if thread and not _must_ring(message):
            try:
                return self._changed(content, thread[1], thread[2])
            except SlackRefused as refused:
                if refused.code not in _CANNOT_CHANGE:
                    raise
                thread = None
        if message.attempt > 1:
            earlier = self._left_by_an_earlier_try(message, address, thread)
            if earlier is not None:
                return earlier
        if thread:
            below = {"channel": thread[1], "thread_ts": thread[2], "reply_broadcast": True}
            self.api.call("chat.postMessage", content | below)
            return Receipt(f"answered below ts {thread[2]} in {thread[1]}", message.thread)
        return self._receipt(self.api.call("chat.postMessage", content | {"channel": address}))

    def _changed(self, content: Mapping[str, Any], channel: str, ts: str) -> Receipt:
        # Only posting takes these two.
        rest = {name: part for name, part in content.items() if not name.startswith("unfurl")}
        self.api.call("chat.update", rest | {"channel": channel, "ts": ts})
        return Receipt(f"changed ts {ts} in {channel}", f"{channel}:{ts}")

    def _receipt(self, verdict: Mapping[str, Any], how: str = "") -> Receipt:
        ts, channel = self.api.shown(verdict.get("ts")), self.api.shown(verdict.get("channel"))
        reference = f"{channel}:{ts}"
        return Receipt(f"{how}ts {ts} in {channel}", reference if _REFERENCE.fullmatch(reference) else "")

    def _left_by_an_earlier_try(
        self, message: Message, address: str, thread: re.Match[str] | None
    ) -> Receipt | None:
        """Return the receipt of a message with this key that is there already; None if none can be found.

        What cannot be looked up (the bot may lack the right to read) is posted again: at most one duplicate
        is better than a page that waits for a search.
        """
        try:
            channel = thread[1] if thread else self._conversation(address)
            limits = {"channel": channel, "limit": str(LOOKED_THROUGH), "include_all_metadata": "true"}
            found = (
                self.api.read("conversations.replies", ts=thread[2], **limits)
                if thread
                else self.api.read("conversations.history", **limits)
            )
        except DeliveryFailed:
            return None
        for one in found.get("messages") or ():
            if _key_in(one) == message.key:
                receipt = self._receipt({"ts": one.get("ts"), "channel": channel}, "was there already as ")
                return Receipt(receipt.answer, message.thread if thread else receipt.reference)
        return None

    def _conversation(self, address: str) -> str:
        """Return the channel of direct messages with a person; other addresses are channels."""
        if not address.startswith(("U", "W")):
            return address
        opened = self.api.call("conversations.open", {"users": address}).get("channel")
        return str(opened.get("id", "")) if isinstance(opened, dict) else ""


def _must_ring(message: Message) -> bool:
    """Say whether it must be noticed; it disturbs nobody how the calls to others go on."""
    is_own = bool(message.person) and not message.is_page
    return message.event in _ANSWERED_BELOW and not is_own


def _key_in(found: Any) -> object:
    """Return the key in a message's metadata, None if it is not one of ours."""
    metadata = found.get("metadata") if isinstance(found, dict) else None
    if not isinstance(metadata, dict) or metadata.get("event_type") != EVENT_TYPE:
        return None
    payload = metadata.get("event_payload")
    return payload.get("key") if isinstance(payload, dict) else None
