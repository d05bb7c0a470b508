"""Tests of who is on call at an instant, the next after them, until when and why."""

from __future__ import annotations

import time
from datetime import timedelta

from tocsin.oncall.schedules.duty import Duty, on_duty
from tocsin.oncall.schedules.schedule import FixedLayer, FixedTurn, Rotation

NOON = "2026-11-18T12:00"


def test_the_next_in_the_rotation_is_secondary_until_the_handover(layer, platform, utc) -> None:
    duty = on_duty(platform(layer()), (), utc(NOON))
    assert duty.primary is not None
    assert duty.secondary is not None
    assert (duty.primary.person, duty.secondary.person) == ("ben", "ada")
    assert duty.primary.until == duty.secondary.until == utc("2026-11-23T08:00")
    assert duty.everybody == (duty.primary,)
    assert duty.primary.why == "the weekly rotation in layer “week” of schedule “platform”"
    assert duty.secondary.why.endswith("as the next in turn")


def test_one_person_alone_has_no_secondary(layer, platform, utc) -> None:
    assert on_duty(platform(layer("ben")), (), utc(NOON)).secondary is None


def test_nobody_is_on_duty_in_a_gap(layer, platform, utc) -> None:
    found = on_duty(platform(layer(ends="2026-11-17")), (), utc(NOON))
    assert found == Duty(primary=None, secondary=None, everybody=())


def test_whom_an_override_took_off_is_not_called_as_secondary_either(layer, platform, override, utc) -> None:
    span = ("2026-11-17T00:00", "2026-11-19T00:00")
    cover = override("replace", *span, "ada", "ben")
    duty = on_duty(platform(layer()), [cover], utc(NOON))
    assert duty.primary is not None
    assert duty.secondary is not None
    assert (duty.primary.person, duty.secondary.person) == ("ada", "dana")
    assert duty.primary.until == utc("2026-11-19T00:00")
    assert on_duty(platform(layer("ben ada")), [cover], utc(NOON)).secondary is None


def test_the_turn_goes_on_over_changes_that_do_not_touch_it(layer, platform, override, utc) -> None:
    beside = override("add", "2026-11-17T00:00", "2026-11-19T00:00", "dana")
    duty = on_duty(platform(layer()), [beside], utc(NOON))
    assert [(turn.person, turn.until) for turn in duty.everybody] == [
        ("ben", utc("2026-11-23T08:00")),
        ("dana", utc("2026-11-19T00:00")),
    ]


def test_in_a_gap_the_second_who_was_put_there_is_secondary(platform, override, utc) -> None:
    span = ("2026-11-17T00:00", "2026-11-19T00:00")
    two = [override("add", *span, "ada"), override("add", *span, "dana")]
    duty = on_duty(platform(), two, utc(NOON))
    assert [turn and turn.person for turn in (duty.primary, duty.secondary)] == ["ada", "dana"]
    assert on_duty(platform(), two[:1], utc(NOON)).secondary is None


def test_the_primary_of_the_backup_is_secondary(layer, platform, override, utc) -> None:
    leads = platform(layer("ben eve"), name="leads")
    duty = on_duty(platform(layer(), backup=leads), (), utc(NOON))
    assert duty.secondary is not None
    assert duty.secondary.person == "eve", "ben is primary already"
    cover = override("replace", "2026-11-17T00:00", "2026-11-19T00:00", "dana", schedule="leads")
    found = on_duty(platform(layer(), backup=leads), [cover], utc(NOON)).secondary
    assert found is not None
    assert found.person == "dana"
    nobody = platform(layer("ben"), name="leads")
    assert on_duty(platform(layer(), backup=nobody), (), utc(NOON)).secondary is None
    gap = on_duty(platform(backup=leads), (), utc(NOON))
    assert gap.primary is None
    assert gap.secondary is not None


def test_in_a_written_layer_the_next_in_it_is_secondary(platform, utc) -> None:
    at = utc(NOON)
    turns = tuple(
        FixedTurn(start=at + timedelta(hours=n), end=at + timedelta(hours=n + 1), person=person)
        for n, person in enumerate(("ben", "ben", "dana"))
    )
    duty = on_duty(platform(FixedLayer(name="written", turns=turns)), (), at)
    assert duty.secondary is not None
    assert duty.secondary.person == "dana"


def test_it_is_answered_in_well_under_a_millisecond(layer, platform, hours, utc) -> None:
    office = layer(
        "chidi", name="office", rotation=Rotation.DAILY, restrictions=hours("01234", "09:00", "17:00")
    )
    schedule = platform(layer(), office)
    took = []
    for day in range(200):
        at = utc(NOON) + timedelta(days=day)
        began = time.perf_counter()
        on_duty(schedule, (), at)
        took.append(time.perf_counter() - began)
    assert sorted(took)[100] < 0.001
