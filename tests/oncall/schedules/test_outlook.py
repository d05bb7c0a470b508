"""Tests of the warnings ahead: gaps, and shifts of people whom nothing would reach."""

from __future__ import annotations

from datetime import timedelta

from tocsin.oncall.schedules.outlook import AHEAD, concerns, reports


def reached(_: str) -> str:
    return ""


def test_a_gap_is_told_two_days_before(layer, platform, utc) -> None:
    short = platform(layer(ends="2026-11-20"))
    ends = utc("2026-11-20T08:00")
    assert concerns([short], (), reached, ends - AHEAD - timedelta(minutes=1)) == ()
    (concern,) = concerns([short], (), reached, ends - AHEAD + timedelta(minutes=1))
    assert concern.alertname == "OnCallGap"
    assert concern.text == "Nobody is on call by the schedule “platform” from 2026-11-20 09:00 Europe/Berlin."


def test_a_gap_keeps_its_name_while_it_lasts_and_says_how_long_it_is(platform, override, utc) -> None:
    day = override("add", "2026-11-16T00:00", "2026-11-20T00:00", "ada")
    rest = override("add", "2026-11-20T06:00", "2027-11-20T00:00", "ada")
    names = set()
    for hour in range(0, 30, 3):
        now = utc("2026-11-19T00:00") + timedelta(hours=hour)
        found = concerns([platform()], [day, rest], reached, now)
        names.update(concern.key for concern in found)
        texts = {concern.text for concern in found}
    assert names == {"gap:platform:2026-11-20T00:00:00+00:00"}
    assert texts == {
        "Nobody is on call by the schedule “platform” from 2026-11-20 01:00 Europe/Berlin for 360 min."
    }


def test_an_old_gap_is_one_for_ever(platform, utc) -> None:
    now = utc("2026-11-19T00:00")
    keys = {concerns([platform()], (), reached, now + timedelta(hours=n))[0].key for n in range(5)}
    assert keys == {"gap:platform:old"}


def test_a_responder_whom_nothing_reaches_is_told_once_a_schedule(layer, platform, utc) -> None:
    night = platform(layer("ben ada"), name="nights")
    found = concerns(
        [platform(layer("ben ada")), night],
        (),
        lambda person: "has no channel that is set up" if person == "ada" else "",
        utc("2026-11-22T00:00"),
    )
    assert [(one.key, one.alertname) for one in found] == [
        ("unreachable:platform:ada", "ResponderUnreachable"),
        ("unreachable:nights:ada", "ResponderUnreachable"),
    ]
    assert found[0].text == (
        "Ada is on call by the schedule “platform” from 2026-11-23 09:00 Europe/Berlin, "
        "but has no channel that is set up."
    )


def test_a_concern_is_told_once_and_ends_when_it_is_mended(layer, platform, utc) -> None:
    now = utc("2026-11-22T00:00")

    def unheard(person: str) -> str:
        return "has no contact" if person == "ada" else ""

    found = concerns([platform(layer("ben ada", ends="2026-11-23"))], (), unheard, now)
    begun, told = reports(found, {}, now)
    assert {report.labels["alertname"] for report in begun} == {"OnCallGap"}
    assert begun[0].labels["severity"] == "warning"
    assert begun[0].labels["gap"] == "2026-11-23T08:00:00+00:00"
    assert begun[0].ends_at is not None
    assert begun[0].ends_at > now + timedelta(days=300)
    again, still = reports(found, told, now + timedelta(hours=1))
    assert (again, still) == ((), told)
    ended, nothing = reports((), told, now + timedelta(hours=2))
    assert nothing == {}
    assert [report.labels for report in ended] == [report.labels for report in begun]
    assert ended[0].ends_at == now + timedelta(hours=2)
    (unreachable,), _ = reports(concerns([platform(layer("ada"))], (), unheard, now), {}, now)
    assert unreachable.labels["person"] == "ada"
