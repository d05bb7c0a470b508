"""What a flush found is kept as bytes and read again."""

from __future__ import annotations

from dataclasses import replace

from nouns import NOON, an_alert, later
from tocsin.flow.flushed import Flushed, load, millis


def test_a_flush_comes_back_as_it_was():
    alert = an_alert(number=7, annotations={"summary": "Größe 😀"}, generator_url="http://p/")
    flushed = Flushed(
        tick=NOON,
        at=later(0.25),
        sends={"webhook/0": "notify:1"},
        alerts=(alert,),
        muted={"00000000000000bb": "a silence"},
        over=(7,),
    )
    assert load(flushed.dump()) == replace(flushed, alerts=(alert,))


def test_an_instant_is_counted_in_milliseconds():
    assert millis(later(1.5)) - millis(NOON) == 1500
