"""Tests of the loop that looks ahead at schedules."""

from __future__ import annotations

from types import SimpleNamespace

from tocsin.worker.looking_ahead import LookingAhead


def test_a_round_looks_once_and_rests_well_below_an_hour() -> None:
    looked = []
    rest = LookingAhead(SimpleNamespace(look=lambda: looked.append(1))).round()
    assert looked == [1]
    assert rest < 3600
