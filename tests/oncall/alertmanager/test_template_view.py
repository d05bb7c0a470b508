"""Templates see Alertmanager's data object, with Go's times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tocsin.domain.alert import Alert
from tocsin.domain.notification import Notification
from tocsin.oncall.alertmanager.template_view import (
    NEVER,
    Pair,
    Texts,
    default_time,
    go_time,
    moved,
    sorted_pairs,
    view_of,
    with_status,
    without,
)

NOW = datetime(2026, 11, 21, 14, 5, 6, 70000, tzinfo=UTC)


def alert(name: str, ends: timedelta) -> Alert:
    return Alert(
        fingerprint=name,
        source="s",
        labels={"alertname": "Up", "i": name},
        annotations={"summary": "s"},
        starts_at=NOW - timedelta(hours=1),
        ends_at=NOW + ends,
        updated_at=NOW,
    )


def test_the_view_tells_each_alerts_own_state() -> None:
    view = view_of(
        Notification(
            key="k",
            group_key="g",
            receiver="team.x+",
            at=NOW,
            alerts=(alert("a", timedelta(hours=1)), alert("b", timedelta(0))),
            group_labels={"alertname": "Up"},
            external_url="http://t",
        )
    )
    assert (view.receiver, view.status) == (r"team\.x\+", "firing")
    assert [(each.status, each.ends_at) for each in view.alerts] == [("firing", NEVER), ("resolved", NOW)]
    assert (view.common_labels, view.common_annotations) == ({"alertname": "Up"}, {"summary": "s"})
    assert [each.fingerprint for each in with_status(view.alerts, "resolved")] == ["b"]


def test_a_group_of_which_nothing_fires_is_resolved() -> None:
    view = view_of(
        Notification(
            key="k",
            group_key="g",
            receiver="r",
            at=NOW,
            alerts=(alert("b", timedelta(0)),),
            group_labels={},
            external_url="",
        )
    )
    assert view.status == "resolved"


def test_labels_are_sorted_with_the_name_first() -> None:
    labels = Texts({"b": "2", "alertname": "X", "a": "1"})
    assert sorted_pairs(labels) == (Pair("alertname", "X"), Pair("a", "1"), Pair("b", "2"))
    assert without(labels, ("a", "b")) == {"alertname": "X"}
    assert (str(labels), str(Pair("a", "1"))) == ("map[a:1 alertname:X b:2]", "{a 1}")


@pytest.mark.parametrize(
    ("layout", "written"),
    [
        ("2006-01-02T15:04:05Z07:00", "2026-11-21T14:05:06Z"),
        ("2006-01-02 15:04:05.000 -0700 MST", "2026-11-21 14:05:06.070 +0000 UTC"),
        (".000000000 .999 .99", ".070000000 .07 .07"),
        ("Monday Mon January Jan _2 2 1 06", "Saturday Sat November Nov 21 21 11 26"),
        ("03:04PM 3:4:5 pm -07:00 -07", "02:05PM 2:5:6 pm +00:00 +00"),
    ],
)
def test_times_are_written_by_gos_layout(layout: str, written: str) -> None:
    assert go_time(NOW, layout) == written


def test_other_zones_have_their_offset() -> None:
    local = moved(NOW, ZoneInfo("Asia/Kolkata"))
    assert go_time(local, "15:04 Z07:00 -07 MST") == "19:35 +05:30 +05 IST"
    assert moved(NEVER, ZoneInfo("America/New_York")) == NEVER


def test_a_time_prints_as_gos() -> None:
    assert default_time(NOW) == "2026-11-21 14:05:06.07 +0000 UTC"
    assert default_time(NEVER) == "0001-01-01 00:00:00 +0000 UTC"
