"""A notification says what its alerts have in common."""

from __future__ import annotations

from nouns import NOON, an_alert, later
from tocsin.domain.notification import Integration, Notification


def told(*alerts):
    return Notification(
        key="k", group_key="{}:{}", receiver="r", at=NOON, alerts=alerts, group_labels={}, external_url=""
    )


def test_what_all_alerts_share_is_common():
    first = an_alert(labels={"a": "1", "b": "2"}, annotations={"summary": "s"})
    second = an_alert(labels={"a": "1", "b": "3"}, annotations={})
    assert told(first, second).common_labels == {"a": "1"}
    assert told(first, second).common_annotations == {}
    assert told().common_labels == {}


def test_it_fires_while_one_alert_does():
    over = an_alert(ends_at=NOON)
    assert told(over, an_alert(ends_at=later(1))).is_firing
    assert not told(over).is_firing


def test_an_integration_is_named_by_kind_and_place_and_keeps_its_settings_to_itself():
    integration = Integration(
        receiver="r", kind="slack", number=1, send_resolved=True, settings={"x": "s3cret"}
    )
    assert integration.name == "slack/1"
    assert "s3cret" not in repr(integration)
