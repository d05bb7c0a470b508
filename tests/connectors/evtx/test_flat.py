"""A Windows event becomes one flat record; its own data can never speak for where it comes from."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.connectors.evtx.flat import flat
from tocsin.detection.sigma.logsource import LogSource, origin, signature

SYSTEM = {
    "Provider": {"#attributes": {"Name": "Microsoft-Windows-Eventlog", "Guid": "FC65DDD8"}},
    "EventID": {"#attributes": {"Qualifiers": 16384}, "#text": 104},
    "Level": 4,
    "TimeCreated": {"#attributes": {"SystemTime": "2026-11-20T20:45:12.345Z"}},
    "Correlation": None,
    "Channel": "System",
}


def test_attributes_of_system_are_joined_and_what_is_empty_is_left_out() -> None:
    assert flat({"System": SYSTEM}) == {
        "Provider_Name": "Microsoft-Windows-Eventlog",
        "Provider_Guid": "FC65DDD8",
        "EventID_Qualifiers": 16384,
        "EventID": 104,
        "Level": 4,
        "TimeCreated_SystemTime": "2026-11-20T20:45:12.345Z",
        "Channel": "System",
    }


@pytest.mark.parametrize(
    ("part", "wanted"),
    [
        ({"EventData": {"Threat Name": "EICAR", "Pid": 7}}, {"ThreatName": "EICAR", "Pid": 7}),
        (
            {"EventData": {"#attributes": {"Name": "TaskDisabled"}, "TaskName": "x"}},
            {"EventData_Name": "TaskDisabled", "TaskName": "x"},
        ),
        ({"EventData": {"Data": {"#text": ["a", "b"]}}}, {"Data": ["a", "b"]}),
        ({"EventData": {"Gone": None}}, {"Gone": None}),
        ({"EventData": None, "UserData": None}, {}),
        (
            {"UserData": {"Op": {"#attributes": {"xmlns": "u"}, "User": "eve", "In": {"Deep": 1}}}},
            {"User": "eve", "Deep": 1},
        ),
        ({"EventData": "odd", "System": "odd"}, {}),
    ],
)
def test_data_keep_their_names_without_spaces_and_without_nesting(part: dict[str, Any], wanted: Any) -> None:
    assert flat(part) == wanted


def test_data_do_not_change_the_log_an_event_comes_from() -> None:
    record = flat(
        {"System": SYSTEM, "UserData": {"LogFileCleared": {"Channel": "Application", "Level": "all"}}}
    )
    assert (record["Channel"], record["EventData_Channel"]) == ("System", "Application")
    assert (record["Level"], record["System_Level"]) == ("all", 4)
    assert origin(signature(record)).fits(LogSource(product="windows", service="system"))
