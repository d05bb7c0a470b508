"""Tests of reading schedules: both forms, every key, and mistakes named where they stand."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from tocsin.domain.pack_file import PackProblem, parse
from tocsin.domain.person import Person
from tocsin.oncall.schedules.ical import read_ical
from tocsin.oncall.schedules.reading import MAX_LAYERS, read_schedule, read_schedules
from tocsin.oncall.schedules.schedule import FixedLayer, FixedTurn, Layer, Restriction, Rotation

PEOPLE = {name: Person(username=name, name=name.title()) for name in ("ada", "ben", "dana")}
SIMPLE = "{zone: Europe/Berlin, rotation: weekly, handover: '09:00', starts: 2026-11-16, people: [ben, ada]}"
TURNS = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Ada\r\n"
    b"DTSTART:20270101T090000\r\nDTEND:20270102T090000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
WHOLE = """\
platform:
  zone: Europe/Berlin
  backup: leads
  layers:
    - name: week
      rotation: weekly
      every: 2
      handover: "09:00"
      on: wed
      starts: 2026-11-16
      ends: 2027-06-30
      ends_at: "18:00"
      people: [ben, ada]
    - rotation: monthly
      zone: Asia/Kolkata
      handover: "00:00"
      on: 31
      starts: 2026-11-16
      people: [dana]
      only: [{days: [sat, sun], from: "22:00", until: "06:00"}, {from: "09:00", until: "10:00"}]
    - {name: written, calendar: turns.ics}
    - {calendar: more.ics}
  temporary:
    - {rotation: daily, handover: "09:00", starts: 2026-12-24, ends: 2026-12-27, people: [dana]}
leads:
"""


class File:
    """A calendar file that is read when it is asked."""

    def __init__(self, content: bytes) -> None:
        self.turns = lambda *asked: read_ical(content, *asked)


def test_a_schedule_is_read_whole() -> None:
    files = dict.fromkeys(("turns.ics", "more.ics"), File(TURNS))
    found = read_schedules(parse(f"{WHOLE}  {SIMPLE}", "oncall.yml"), PEOPLE, files)
    platform, leads = found["platform"], found["leads"]
    assert platform.backup == leads
    assert platform.called("ben") == "Ben"
    names = [layer.name for layer in platform.layers]
    assert names == ["week", "monthly", "written", "more.ics", "from 2026-12-24"]
    week, monthly, written = platform.layers[:3]
    start = datetime(2027, 1, 1, 8, tzinfo=UTC)
    turn = FixedTurn(start=start, end=start + timedelta(days=1), person="ada")
    assert written == FixedLayer(name="written", turns=(turn,))
    assert isinstance(week, Layer)
    assert isinstance(monthly, Layer)
    assert (week.rotation, week.every, week.on, week.zone.key) == (Rotation.WEEKLY, 2, 2, "Europe/Berlin")
    assert (week.ends, week.ends_at) == (date(2027, 6, 30), time(18))
    assert (monthly.on, monthly.zone.key) == (31, "Asia/Kolkata")
    assert monthly.restrictions == (
        Restriction(days=frozenset({5, 6}), begins=time(22), ends=time(6)),
        Restriction(days=frozenset(range(7)), begins=time(9), ends=time(10)),
    )


def test_the_simple_form_is_one_layer() -> None:
    schedule = read_schedule("default", parse(SIMPLE, "oncall.yml"), ("ada", "ben"))
    (layer,) = schedule.layers
    assert (schedule.name, layer.name, schedule.people) == ("default", "weekly", ("ben", "ada"))


def layers(*written: str, more: str = "") -> str:
    return f"{{zone: UTC, layers: [{', '.join(written)}]{more}}}"


def one(rotation: str = "daily", starts: str = "2026-11-16", people: str = "[ben]", more: str = "") -> str:
    return f'{{rotation: {rotation}, handover: "09:00", starts: {starts}, people: {people}{more}}}'


@pytest.mark.parametrize(
    ("written", "said"),
    [
        pytest.param("{zone: UTC}", "`rotation` is missing", id="no form"),
        pytest.param(layers(one(), one()), "two layers are called `daily`", id="same name"),
        pytest.param(layers(*[one()] * (MAX_LAYERS + 1)), "layers are more than", id="too many"),
        pytest.param(layers("{calendar: x.ics}"), "`x.ics` is not possible", id="no such calendar"),
        pytest.param(layers(one(people="[]")), "nobody in the rotation", id="nobody"),
        pytest.param(layers(one(people="[eve]")), "`eve` is not listed", id="a stranger"),
        pytest.param(layers(one(more=", every: 0")), "`0` is not possible", id="every 0"),
        pytest.param(layers(one(more=", every: 1.5")), "`1.5` is not possible", id="every 1.5"),
        pytest.param(
            layers(one(more=", on: mon")), "says nothing in a rotation that is daily", id="on daily"
        ),
        pytest.param(layers(one("weekly", more=", on: 3")), "a text is expected", id="weekly on a number"),
        pytest.param(layers(one("monthly", more=", on: 32")), "`32` is not possible", id="monthly on 32"),
        pytest.param(layers(one(starts="0001-01-01")), "too far away", id="long ago"),
        pytest.param(layers(one(more=", ends: 2026-11-16")), "ends before it starts", id="ends at its start"),
        pytest.param(
            layers(one(more=", only: [{days: [], from: '09:00', until: '10:00'}]")),
            "there is no day",
            id="no day",
        ),
        pytest.param(layers(one(), more=f", temporary: [{one()}]"), "`ends` is missing", id="no end"),
    ],
)
def test_a_mistake_is_named(written: str, said: str) -> None:
    with pytest.raises(PackProblem, match=r"^oncall.yml:1:\d+: ") as raised:
        read_schedule("platform", parse(written, "oncall.yml"), PEOPLE)
    assert said in str(raised.value)


def test_a_calendar_file_that_cannot_be_read_is_named_where_it_is_asked_for() -> None:
    written = parse(layers("{calendar: broken.ics}"), "oncall.yml")
    with pytest.raises(PackProblem, match=r"^oncall.yml:1:\d+: `broken.ics` cannot be used"):
        read_schedule("platform", written, ("ben",), {"broken.ics": File(b"x")})


def test_a_backup_is_another_schedule_of_the_file() -> None:
    itself = SIMPLE.replace("{zone", "{backup: platform, zone")
    with pytest.raises(PackProblem, match="`platform` is not possible"):
        read_schedules(parse(f"{{platform: {itself}, leads: {SIMPLE}}}", "oncall.yml"), PEOPLE)
