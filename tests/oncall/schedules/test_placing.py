"""Tests of overrides laid over whom the layers give; of overlapping ones the latest wins."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tocsin.domain.override import OverrideState
from tocsin.oncall.schedules.causes import Cause, CauseKind
from tocsin.oncall.schedules.placing import Place, counted, lay

BEN = Place(
    "ben", Cause(kind=CauseKind.LAYER, text="his week", layer="week"), datetime(2026, 11, 16, tzinfo=UTC)
)
WHEN = ("2026-11-17T00:00", "2026-11-18T00:00")


@pytest.mark.parametrize(
    ("given", "on", "off"),
    [
        pytest.param([], ["ben"], [], id="none"),
        pytest.param([("add", "ada", "")], ["ben", "ada"], [], id="beside"),
        pytest.param([("add", "ben", "")], ["ben"], [], id="beside oneself changes nothing"),
        pytest.param([("add", "ada", "ben")], ["ada"], ["ben"], id="added, and one leaves"),
        pytest.param([("add", "", "ben")], [], ["ben"], id="added is nobody"),
        pytest.param([("remove", "", "ben")], [], ["ben"], id="off"),
        pytest.param([("remove", "", "ada")], ["ben"], ["ada"], id="one who is not on"),
        pytest.param([("add", "ada", ""), ("remove", "", "")], [], [], id="everybody off"),
        pytest.param([("replace", "ada", "ben")], ["ada"], ["ben"], id="replaced"),
        pytest.param([("replace", "", "ben")], ["ben"], ["ben"][:0], id="replaced by nobody is no change"),
        pytest.param([("replace", "ada", "dana")], ["ben"], ["dana"], id="not whom it would replace"),
        pytest.param([("replace", "ada", "")], ["ada"], ["ben"], id="whoever is on"),
        pytest.param(
            [("replace", "ada", "ben"), ("replace", "dana", "ben")], ["dana"], ["ada", "ben"], id="the latest"
        ),
        pytest.param(
            [("replace", "ada", "ben"), ("replace", "dana", "ada")], ["dana"], ["ada", "ben"], id="handed on"
        ),
        pytest.param(
            [("add", "ada", ""), ("replace", "ada", "ben")], ["ada"], ["ben"], id="nobody has two places"
        ),
        pytest.param(
            [("replace", "ada", "ben"), ("remove", "", "ben")], ["ada"], ["ben"], id="one who is off already"
        ),
        pytest.param([("swap", "ada", "ben")], ["ada"], ["ben"], id="a swap"),
    ],
)
def test_overrides_are_laid_one_over_the_other(override, given, on, off) -> None:
    made = [override(kind, *WHEN, person, instead_of) for kind, person, instead_of in given]
    found = lay(BEN, made, str)
    assert [place.person for place in found.places] == on
    assert found.off == frozenset(off)


def test_a_gap_is_filled_by_replacing_whoever_is_on_call(override) -> None:
    (place,) = lay(None, [override("replace", *WHEN, "ada")], str).places
    assert (place.person, place.cause.kind) == ("ada", CauseKind.OVERRIDE)
    assert lay(None, [], str).places == ()


def test_only_taken_overrides_of_the_schedule_count_in_the_order_of_their_creation(override) -> None:
    first, second = override("add", *WHEN, "ada"), override("add", *WHEN, "dana")
    asked = replace(override("add", *WHEN, "eve"), state=OverrideState.ASKED)
    withdrawn = replace(override("add", *WHEN, "eve"), state=OverrideState.WITHDRAWN)
    another = override("add", *WHEN, "eve", schedule="another")
    empty = override("add", WHEN[0], WHEN[0], "eve")
    assert counted([second, asked, withdrawn, another, empty, first], "platform") == (first, second)


def test_a_turn_is_told_by_its_person_its_beginning_and_its_layer() -> None:
    assert BEN.turn == ("ben", BEN.since, "week")
