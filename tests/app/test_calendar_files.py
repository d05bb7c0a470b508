"""Tests of calendar files: read and written as ever, and nothing is loaded before there is one."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tocsin.app.calendar_files import files_of, written
from tocsin.domain.person import Person
from tocsin.oncall.schedules.schedule import FixedLayer, FixedTurn, Schedule
from tocsin.oncall.schedules.shifts import whole_shifts

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 11, 16, 8, tzinfo=UTC)
END = START + timedelta(days=1)


def test_what_is_written_is_read_again() -> None:
    turn = FixedTurn(start=START, end=END, person="ben")
    schedule = Schedule(name="platform", zone=BERLIN, layers=(FixedLayer(name="own", turns=(turn,)),))
    content = written(schedule, whole_shifts(schedule, (), START, END), START)
    file = files_of({"platform.ics": content})["platform.ics"]
    found = file.turns({"ben": Person(username="ben", name="Ben")}, BERLIN, START, END)
    assert (found.turns, found.unknown) == ((turn,), ())
    assert date(2026, 11, 16) in file.holidays()


def test_nothing_is_loaded_before_there_is_a_calendar() -> None:
    modules = "tocsin.app.calendar_files, tocsin.oncall.roster, tocsin.flow.duty, tocsin.flow.outlook"
    program = f"import sys, {modules}; print('icalendar' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
