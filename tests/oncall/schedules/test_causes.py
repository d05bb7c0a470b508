"""Tests of the words that tell why somebody is on call."""

from __future__ import annotations

import pytest

from tocsin.oncall.schedules.causes import CauseKind, of_layer, of_override, spoken
from tocsin.oncall.schedules.schedule import FixedLayer, Rotation


def test_a_layer_is_named_with_its_rhythm(layer, platform) -> None:
    every_other = layer(every=2)
    cause = of_layer(platform(every_other), every_other)
    assert cause.kind is CauseKind.LAYER
    assert cause.text == "the rotation every 2 weeks in layer “week” of schedule “platform”"
    daily = layer(rotation=Rotation.DAILY)
    assert (
        of_layer(platform(daily), daily).text == "the daily rotation in layer “week” of schedule “platform”"
    )


def test_a_restriction_is_named_with_its_hours(layer, platform, hours) -> None:
    office = layer(restrictions=hours("01", "09:00", "17:00"))
    cause = of_layer(platform(office), office)
    assert (cause.kind, cause.layer) == (CauseKind.RESTRICTION, "week")
    assert cause.text.endswith("(only mon tue 09:00-17:00, Europe/Berlin)")
    assert spoken(hours("0123456", "22:00", "06:00")[0]) == "every day 22:00-06:00"


def test_a_calendar_file_is_named(platform) -> None:
    written = FixedLayer(name="written", turns=())
    assert of_layer(platform(written), written).text == (
        "the calendar in layer “written” of schedule “platform”"
    )


@pytest.mark.parametrize(
    ("kind", "instead_of", "text"),
    [
        ("replace", "ben", "an override in place of Ben (asked by Ada): dentist"),
        ("replace", "", "an override in place of whoever was on call (asked by Ada): dentist"),
        ("add", "", "an override beside the others (asked by Ada): dentist"),
        ("swap", "ben", "a swap with Ben (asked by Ada): dentist"),
    ],
)
def test_an_override_tells_whose_place_it_is_and_who_asked(
    override, platform, kind, instead_of, text
) -> None:
    one = override(kind, "2026-11-17T00:00", "2026-11-18T00:00", "dana", instead_of, reason="dentist")
    cause = of_override(one, platform().called)
    assert cause.text == text
    assert cause.kind is (CauseKind.SWAP if kind == "swap" else CauseKind.OVERRIDE)
    assert cause.override_id == one.override_id


def test_an_override_without_a_reason_says_no_more(override, platform) -> None:
    one = override("add", "2026-11-17T00:00", "2026-11-18T00:00", "dana")
    assert of_override(one, platform().called).text == "an override beside the others (asked by Ada)"
