"""What is shown of alerts is computed when asked."""

from __future__ import annotations

from nouns import an_alert
from tocsin.app.alerts_seen import Asked, SeenAlert
from tocsin.domain.matchers import matcher

QUIET = SeenAlert(alert=an_alert(), silenced_by=("1",))
BELOW = SeenAlert(alert=an_alert(), inhibited_by=("00000000000000bb",))
HEARD = SeenAlert(alert=an_alert())


def test_an_alert_is_wanted_by_its_state():
    assert all(Asked().wants(each) for each in (QUIET, BELOW, HEARD))
    assert [Asked(active=False).wants(each) for each in (QUIET, BELOW, HEARD)] == [True, True, False]
    assert [Asked(silenced=False).wants(each) for each in (QUIET, BELOW, HEARD)] == [False, True, True]
    assert [Asked(inhibited=False).wants(each) for each in (QUIET, BELOW, HEARD)] == [True, False, True]


def test_all_matchers_must_hold():
    assert Asked(matchers=(matcher("zone", "=", "a"),)).wants(HEARD)
    assert not Asked(matchers=(matcher("zone", "=", "a"), matcher("x", "=~", ".+"))).wants(HEARD)


def test_any_receiver_is_wanted_when_none_is_named():
    assert Asked().wants_any(())
