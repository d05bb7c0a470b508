"""Notifiers are found by kind and made when they are first needed."""

from __future__ import annotations

import sys

import pytest

from nouns import NOON
from tocsin.app.notifiers import build_notifiers, notifier_kinds
from tocsin.domain.clock import PushedClock
from tocsin.domain.notification import Integration, Notification
from tocsin.domain.ports.delivery import DeliveryFailed


def test_the_webhook_is_there_and_every_kind_is_told_by_one_connector():
    kinds = notifier_kinds()
    assert "webhook" in kinds
    assert len(kinds) == len(set(kinds))
    assert set(build_notifiers(PushedClock(NOON))) == set(kinds)


def test_a_notifier_is_imported_at_its_first_use(monkeypatch):
    monkeypatch.delitem(sys.modules, "tocsin.connectors.webhook.notifier", raising=False)
    notifiers = build_notifiers(PushedClock(NOON))
    assert "tocsin.connectors.webhook.notifier" not in sys.modules
    notification = Notification(
        key="k", group_key="{}:{}", receiver="r", at=NOON, alerts=(), group_labels={}, external_url=""
    )
    settings = {"url": "nonsense"}
    integration = Integration(receiver="r", kind="webhook", number=0, send_resolved=True, settings=settings)
    with pytest.raises(DeliveryFailed):
        notifiers["webhook"].notify(notification, integration)
    assert "tocsin.connectors.webhook.notifier" in sys.modules
