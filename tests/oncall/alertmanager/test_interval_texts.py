"""Time intervals are read with upstream's bounds."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from tocsin.domain.pack_file import Located, PackProblem
from tocsin.oncall.alertmanager.document import read_document
from tocsin.oncall.alertmanager.interval_texts import read_intervals
from tocsin.oncall.alertmanager.intervals import Interval


def written(text: str) -> Located:
    return read_document(f"a: {text}\n", "f").pairs[0][1]


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("{}", Interval()),
        ("{times: [{start_time: 09:00, end_time: 17:30}]}", Interval(minutes=((540, 1050),))),
        ("{times: [{start_time: '00:00', end_time: '24:00'}]}", Interval(minutes=((0, 1440),))),
        ("{times: []}", Interval(minutes=())),
        ("{times: }", Interval()),
        ("{weekdays: ['Monday:FRIDAY', sunday]}", Interval(weekdays=((1, 5), (0, 0)))),
        (
            "{days_of_month: ['1:5', '-3:-1', '10:-1', 31]}",
            Interval(days=((1, 5), (-3, -1), (10, -1), (31, 31))),
        ),
        ("{months: ['1:3', December, 'may:8']}", Interval(months=((1, 3), (12, 12), (5, 8)))),
        ("{months: [13]}", Interval(months=((13, 13),))),
        ("{years: [2026, '2026:2030']}", Interval(years=((2026, 2026), (2026, 2030)))),
        ("{location: Europe/Berlin}", Interval(zone=ZoneInfo("Europe/Berlin"))),
        ("{location: UTC}", Interval()),
        ("{location: ''}", Interval()),
    ],
)
def test_an_interval_is_read(text: str, interval: Interval) -> None:
    assert read_intervals(written(f"[{text}]")) == (interval,)


def test_nothing_is_no_interval() -> None:
    assert read_intervals(written("")) == ()


@pytest.mark.parametrize(
    "text",
    [
        "{times: [{start_time: '10:00', end_time: '09:00'}]}",
        "{times: [{start_time: '10:00'}]}",
        "{times: [{start_time: '9:00', end_time: '10:00'}]}",
        "{times: [{start_time: '09:00', end_time: '24:01'}]}",
        "{weekdays: [friday:monday]}",
        "{weekdays: [mon]}",
        "{weekdays: ['']}",
        "{weekdays: ['a:b:c']}",
        "{days_of_month: [0]}",
        "{days_of_month: ['1:32']}",
        "{days_of_month: ['-5:5']}",
        "{days_of_month: ['30:-30']}",
        "{days_of_month: ['5:1']}",
        "{days_of_month: [five]}",
        "{months: ['march:january']}",
        "{months: [smarch]}",
        "{months: ['']}",
        "{years: ['2030:2026']}",
        "{years: [next]}",
        "{location: Mars/Olympus}",
        "{location: Local}",
        "{hours: [1]}",
    ],
)
def test_a_mistake_is_named_with_its_place(text: str) -> None:
    with pytest.raises(PackProblem) as caught:
        read_intervals(written(f"[{text}]"))
    assert caught.value.happened.startswith("f:1:")
