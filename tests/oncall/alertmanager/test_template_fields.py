"""Behind a dot stands what Alertmanager offers there, and nothing of Python."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tocsin.oncall.alertmanager.template_fields import field_of
from tocsin.oncall.alertmanager.template_functions import Refused
from tocsin.oncall.alertmanager.template_view import NEVER, AlertView, AlertViews, Pair, Pairs, Texts, View

NOW = datetime(2026, 11, 21, 14, 5, 6, tzinfo=UTC)
LABELS = Texts({"b": "2", "alertname": "X"})
ALERT = AlertView(
    status="firing",
    labels=LABELS,
    annotations=Texts(),
    starts_at=NOW,
    ends_at=NEVER,
    generator_url="http://g",
    fingerprint="f",
)
VIEW = View(
    receiver="r",
    status="firing",
    alerts=AlertViews((ALERT,)),
    group_labels=LABELS,
    common_labels=LABELS,
    common_annotations=Texts(),
    external_url="http://t",
)


@pytest.mark.parametrize(
    ("value", "name", "taken", "outcome"),
    [
        (VIEW, "Receiver", (), "r"),
        (VIEW, "Alerts", (), (ALERT,)),
        (VIEW, "ExternalURL", (), "http://t"),
        (VIEW.alerts, "Firing", (), (ALERT,)),
        (VIEW.alerts, "Resolved", (), ()),
        (ALERT, "Labels", (), LABELS),
        (ALERT, "GeneratorURL", (), "http://g"),
        (LABELS, "b", (), "2"),
        (LABELS, "nothing", (), ""),
        (LABELS, "Names", (), ("alertname", "b")),
        (LABELS, "Values", (), ("X", "2")),
        (LABELS, "SortedPairs", (), (Pair("alertname", "X"), Pair("b", "2"))),
        (LABELS, "Remove", (("b",),), {"alertname": "X"}),
        (Pairs((Pair("a", "1"),)), "Names", (), ("a",)),
        (Pairs((Pair("a", "1"),)), "Values", (), ("1",)),
        (Pair("a", "1"), "Name", (), "a"),
        (Pair("a", "1"), "Value", (), "1"),
        (NOW, "Format", ("15:04",), "14:05"),
        (NOW, "String", (), "2026-11-21 14:05:06 +0000 UTC"),
        (NOW, "UTC", (), NOW),
        (NOW, "Local", (), NOW),
        (NOW, "Unix", (), 1795269906),
        (NOW, "IsZero", (), False),
        (NEVER, "IsZero", (), True),
        (NOW, "Year", (), 2026),
        (NOW, "Month", (), "November"),
        (NOW, "Day", (), 21),
        (NOW, "Weekday", (), "Saturday"),
        (NOW, "Hour", (), 14),
        (NOW, "Minute", (), 5),
        (NOW, "Second", (), 6),
    ],
)
def test_a_field_gives_its_value(value: Any, name: str, taken: tuple[Any, ...], outcome: object) -> None:
    assert field_of(value, name, taken) == outcome


@pytest.mark.parametrize(
    ("value", "name", "taken"),
    [
        (VIEW, "Nothing", ()),
        (VIEW, "__class__", ()),
        (VIEW, "alerts", ()),
        (VIEW, "Status", ("x",)),
        (LABELS, "b", ("x",)),
        (LABELS, "Remove", ()),
        (LABELS, "Remove", ("b",)),
        (LABELS, "Remove", ((1,),)),
        (NOW, "Format", (1,)),
        ("text", "upper", ()),
        (None, "A", ()),
    ],
)
def test_what_is_not_there_is_refused(value: Any, name: str, taken: tuple[Any, ...]) -> None:
    with pytest.raises(Refused):
        field_of(value, name, taken)
