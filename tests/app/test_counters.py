"""What happens in this process is counted."""

from __future__ import annotations

from tocsin.app.counters import INVALID, RECEIVED, RELOADED, VERSION, received, reloaded


def test_alerts_are_counted_by_status():
    firing, refused = RECEIVED.labels("firing", VERSION), INVALID.labels(VERSION)
    before = firing._value.get(), refused._value.get()
    received(firing=3, resolved=1, refused=2)
    assert (firing._value.get(), refused._value.get()) == (before[0] + 3, before[1] + 2)


def test_the_last_reading_of_the_file_is_remembered():
    reloaded(well=True)
    reloaded(well=False)
    assert RELOADED._value.get() == 0
