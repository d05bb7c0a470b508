"""The Inbox keeps each message once, readable and bounded, and says when it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from tocsin.connectors.inbox.channel import LONGEST_TEXT, InboxChannel
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import Overloaded
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

NOW = datetime(2026, 11, 20, 20, 36, 54, tzinfo=UTC)


class Shelf:
    """A store whose only shelf is the inbox."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[Any, ...]] = {}
        self.is_full = False

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        if self.is_full:
            raise Overloaded("The disk is full.", means="Nothing was kept.", next_step="Make room.")
        yield self

    @property
    def inbox(self) -> Shelf:
        return self

    def keep(self, key: str, *rest: Any) -> bool:
        is_new = key not in self.kept
        self.kept.setdefault(key, rest)
        return is_new


def message(subject: str = "P1 Critical: login failures", text: str = "61 failures") -> Message:
    link = "https://tocsin.example/pages/1"
    return Message(
        key="k1", subject=subject, text=text, link=link, severity="P1", incident="INC-1", is_page=True
    )


def channel(store: Shelf) -> InboxChannel:
    return InboxChannel(store, PushedClock(NOW))  # type: ignore[arg-type]


def test_a_message_is_kept_for_its_person() -> None:
    store = Shelf()
    receipt = channel(store).send(message(), "ben")
    assert receipt.answer == "kept in the Inbox"
    kept = ("ben", "P1 Critical: login failures", "61 failures", "https://tocsin.example/pages/1", NOW)
    assert store.kept == {"k1": kept}


def test_a_repeat_changes_nothing_and_says_so() -> None:
    store = Shelf()
    channel(store).send(message(), "ben")
    assert channel(store).send(message(subject="other"), "ben").answer == "already in the Inbox"
    assert store.kept["k1"][1] == "P1 Critical: login failures"


def test_text_is_bounded_and_without_control_characters() -> None:
    store = Shelf()
    channel(store).send(message(subject="a\r\nb\0", text="<script>\0\x1b" + "x" * 100_000), "ben")
    _, subject, text, *_ = store.kept["k1"]
    assert (subject, text[:9], len(text)) == ("a b", "<script>x", LONGEST_TEXT)


def test_an_overloaded_store_means_later() -> None:
    store = Shelf()
    store.is_full = True
    with pytest.raises(DeliveryFailed) as failed:
        channel(store).send(message(), "ben")
    assert (failed.value.kind, failed.value.reason) == (FailureKind.RETRY_LATER, "The disk is full.")
