"""An integration is told exactly when Alertmanager would tell it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tocsin.domain.alert import Alert
from tocsin.domain.notification import Integration, Notified
from tocsin.oncall.alertmanager.telling import Keep, Reason, Record, Tell, decide, leaving, notified

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def integration(*, send_resolved: bool) -> Integration:
    return Integration(receiver="ops", kind="webhook", number=0, send_resolved=send_resolved, settings={})


def told(firing: str = "", resolved: str = "", ago: timedelta = timedelta(minutes=5)) -> Notified:
    return notified("g", integration(send_resolved=True), firing, resolved, NOW - ago)


@pytest.mark.parametrize(
    ("last", "firing", "resolved", "send_resolved", "expected"),
    [
        (None, "a", "", True, Tell(why=Reason.FIRST, fingerprints=("a",))),
        (None, "a", "b", True, Tell(why=Reason.FIRST, fingerprints=("a", "b"))),
        (None, "a", "b", False, Tell(why=Reason.FIRST, fingerprints=("a",))),
        (None, "", "a", True, Keep(why=Reason.NEVER_FIRED)),
        (told("a"), "a", "", True, Keep(why=Reason.UNCHANGED)),
        (told("ab"), "a", "", True, Keep(why=Reason.UNCHANGED)),
        (told("a"), "ab", "", True, Tell(why=Reason.NEW_FIRING, fingerprints=("a", "b"))),
        (told("ab"), "a", "b", True, Tell(why=Reason.NEWLY_RESOLVED, fingerprints=("a", "b"))),
        (told("ab"), "a", "b", False, Keep(why=Reason.UNCHANGED)),
        (told("a", "b"), "a", "b", True, Keep(why=Reason.UNCHANGED)),
        (told("a"), "", "a", True, Tell(why=Reason.ALL_RESOLVED, fingerprints=("a",))),
        (told("a"), "", "a", False, Record(why=Reason.RESOLVED_UNSENT)),
        (told("", "a"), "", "a", True, Keep(why=Reason.NOTHING_FIRES)),
        (told("", "a"), "a", "", True, Tell(why=Reason.NEW_FIRING, fingerprints=("a",))),
        (told("a", ago=HOUR - timedelta.resolution), "a", "", True, Keep(why=Reason.UNCHANGED)),
        (told("a", ago=HOUR), "a", "", True, Tell(why=Reason.REPEATED, fingerprints=("a",))),
        (told("", "a", ago=HOUR * 2), "", "a", True, Keep(why=Reason.NOTHING_FIRES)),
    ],
)
def test_what_was_told_last_decides(
    last: Notified | None, firing: str, resolved: str, send_resolved: bool, expected: object
) -> None:
    asked = integration(send_resolved=send_resolved)
    assert decide(asked, last, tuple(firing), tuple(resolved), NOW, HOUR) == expected


def test_what_is_kept_names_the_integration_and_is_sorted() -> None:
    kept = told("ba", "dc", ago=timedelta(0))
    assert (kept.receiver, kept.integration, kept.at) == ("ops", "webhook/0", NOW)
    assert (kept.firing, kept.resolved) == (("a", "b"), ("c", "d"))


def test_a_resolved_alert_leaves_unless_it_came_again() -> None:
    def alert(name: str, *, ends: timedelta, updated: timedelta = timedelta(0)) -> Alert:
        return Alert(
            fingerprint=name,
            source="s",
            labels={},
            starts_at=NOW - HOUR,
            ends_at=NOW + ends,
            updated_at=NOW + updated,
        )

    over, fires = alert("over", ends=-HOUR), alert("fires", ends=HOUR)
    again, gone = alert("again", ends=-HOUR), alert("gone", ends=-HOUR)
    current = {
        "over": over,
        "fires": fires,
        "again": alert("again", ends=HOUR, updated=timedelta(seconds=1)),
    }
    assert leaving([over, fires, again, gone], current, NOW) == ("over",)
