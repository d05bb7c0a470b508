"""Tests of the nouns of schedules."""

from __future__ import annotations

from datetime import UTC, datetime

from tocsin.oncall.schedules.schedule import FixedLayer, FixedTurn, laid_out


def at(hour: int) -> datetime:
    return datetime(2026, 11, 16, hour, tzinfo=UTC)


def turn(start: int, end: int, person: str) -> FixedTurn:
    return FixedTurn(start=at(start), end=at(end), person=person)


def test_everybody_is_named_once_in_the_order_of_the_layers(layer, platform) -> None:
    fixed = FixedLayer(name="written", turns=(turn(1, 2, "eve"), turn(3, 4, "ada")))
    assert platform(layer("ben ada ben"), fixed).people == ("ben", "ada", "eve")


def test_a_person_is_called_by_name_where_it_is_known(layer, platform) -> None:
    assert platform(layer()).called("ben") == "Ben"
    assert platform(layer()).called("eve") == "eve"


def test_of_written_turns_that_overlap_the_later_one_wins() -> None:
    written = (turn(4, 6, "ada"), turn(1, 10, "ben"), turn(5, 7, "dana"), turn(9, 9, "eve"))
    assert laid_out("written", written).turns == (
        turn(1, 4, "ben"),
        turn(4, 5, "ada"),
        turn(5, 7, "dana"),
        turn(7, 10, "ben"),
    )
    assert laid_out("none", ()).turns == ()


def test_written_turns_may_leave_gaps_and_repeat_a_person() -> None:
    assert laid_out("written", (turn(1, 2, "ben"), turn(2, 3, "ben"), turn(5, 6, "ben"))).turns == (
        turn(1, 2, "ben"),
        turn(2, 3, "ben"),
        turn(5, 6, "ben"),
    )
