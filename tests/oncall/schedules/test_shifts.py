"""Tests of the shifts of a schedule: layers over layers, gaps, overrides, and where shifts are cut."""

from __future__ import annotations

from itertools import islice

from tocsin.oncall.schedules.causes import CauseKind
from tocsin.oncall.schedules.schedule import FixedLayer, FixedTurn, Rotation
from tocsin.oncall.schedules.shifts import shifts, walk, whole_shifts


def told(found):
    return [(one.person, f"{one.start:%dT%H}", f"{one.end:%dT%H}") for one in found]


def test_a_later_layer_wins_where_it_has_somebody(layer, platform, hours, utc) -> None:
    office = layer("chidi", name="office", restrictions=hours("0", "12:00", "14:00"))
    found = shifts(platform(layer("ben"), office), (), utc("2026-11-16T08:00"), utc("2026-11-17T00:00"))
    assert told(found) == [("ben", "16T08", "16T11"), ("chidi", "16T11", "16T13"), ("ben", "16T13", "17T00")]
    assert [one.cause.kind for one in found] == [CauseKind.LAYER, CauseKind.RESTRICTION, CauseKind.LAYER]


def test_layers_of_three_zones_follow_the_sun(layer, platform, hours, utc) -> None:
    day = hours("01234", "09:00", "17:00")
    suns = [
        layer(person, name=zone, zone=zone, starts="2026-11-01", restrictions=day)
        for person, zone in (("ada", "America/New_York"), ("ben", "Europe/Berlin"), ("chidi", "Asia/Kolkata"))
    ]
    found = shifts(platform(*suns), (), utc("2026-11-18T00:00"), utc("2026-11-19T00:00"))
    assert told(found) == [("chidi", "18T03", "18T11"), ("ben", "18T11", "18T16"), ("ada", "18T16", "18T22")]


def test_a_turn_ends_at_its_handover_even_if_the_same_person_goes_on(layer, platform, utc) -> None:
    found = shifts(
        platform(layer("ben", rotation=Rotation.DAILY)), (), utc("2026-11-16T08:00"), utc("2026-11-18T00:00")
    )
    assert told(found) == [("ben", "16T08", "17T08"), ("ben", "17T08", "18T00")]


def test_an_override_is_one_shift_over_all_turns_it_takes(layer, platform, override, utc) -> None:
    daily = platform(layer(rotation=Rotation.DAILY))
    weekend = override("replace", "2026-11-17T12:00", "2026-11-19T12:00", "dana")
    found = shifts(daily, [weekend], utc("2026-11-17T08:00"), utc("2026-11-20T00:00"))
    assert told(found) == [("ada", "17T08", "17T12"), ("dana", "17T12", "19T12"), ("ben", "19T12", "20T00")]
    assert found[1].cause.override_id == weekend.override_id


def test_an_override_that_changes_nothing_cuts_nothing(layer, platform, override, utc) -> None:
    other = override("replace", "2026-11-17T12:00", "2026-11-17T14:00", "dana", "ada")
    found = shifts(platform(layer()), [other], utc("2026-11-16T00:00"), utc("2026-11-18T00:00"))
    assert told(found) == [("ben", "16T08", "18T00")]


def test_somebody_beside_is_a_shift_at_the_same_time(layer, platform, override, utc) -> None:
    extra = override("add", "2026-11-17T12:00", "2026-11-17T14:00", "dana")
    found = shifts(platform(layer()), [extra], utc("2026-11-17T00:00"), utc("2026-11-18T00:00"))
    assert told(found) == [("ben", "17T00", "18T00"), ("dana", "17T12", "17T14")]


def test_whole_shifts_begin_and_end_where_they_do(layer, platform, override, utc) -> None:
    start, end = utc("2026-11-18T00:00"), utc("2026-11-18T01:00")
    assert told(whole_shifts(platform(layer()), (), start, end)) == [("ben", "16T08", "23T08")]
    away = override("replace", "2026-11-14T00:00", "2026-11-25T00:00", "dana")
    assert told(whole_shifts(platform(layer()), [away], start, end)) == [("dana", "14T00", "25T00")]
    later = override("replace", "2026-11-18T00:30", "2026-11-19T00:00", "dana")
    assert told(whole_shifts(platform(layer()), [later], start, end)) == [
        ("ben", "16T08", "18T00"),
        ("dana", "18T00", "19T00"),
    ]


def test_whole_shifts_begin_no_new_one_after_the_span(layer, platform, override, utc) -> None:
    after = override("add", "2026-11-20T00:00", "2026-11-21T00:00", "dana")
    found = whole_shifts(platform(layer()), [after], utc("2026-11-18T00:00"), utc("2026-11-19T00:00"))
    assert told(found) == [("ben", "16T08", "23T08")]


def test_two_layers_with_the_same_person_are_two_turns(layer, platform, utc) -> None:
    above = layer("ben", name="above", ends="2026-11-18")
    found = shifts(platform(layer("ben"), above), (), utc("2026-11-16T08:00"), utc("2026-11-20T08:00"))
    assert [one.cause.layer for one in found] == ["above", "week"]


def test_a_walk_ends_where_nothing_can_change_any_more(platform, utc) -> None:
    turn = FixedTurn(start=utc("2026-11-16T08:00"), end=utc("2026-11-16T09:00"), person="ben")
    written = platform(FixedLayer(name="written", turns=(turn,)))
    segments = list(islice(walk(written, (), utc("2026-11-16T00:00")), 10))
    assert [bool(segment.placed.places) for segment in segments] == [False, True, False]
    found = shifts(written, (), utc("2026-11-16T00:00"), utc("2026-11-17T00:00"))
    assert told(found) == [("ben", "16T08", "16T09")]
