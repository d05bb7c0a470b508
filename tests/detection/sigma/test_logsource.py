"""A record's shape tells which log source it comes from."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.detection.sigma.logsource import LogSource, origin, signature

TRAIL = {"eventSource": "s3.amazonaws.com", "eventName": "GetObject", "eventVersion": "1.08"}


def sysmon(number: Any) -> dict[str, Any]:
    return {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": number}


@pytest.mark.parametrize(
    ("record", "product", "service", "category", "fits"),
    [
        (TRAIL, "aws", "cloudtrail", "", True),
        (TRAIL, "aws", "", "", True),
        (TRAIL, "", "", "", True),
        (
            {"eventSource": "cloudtrail.amazonaws.com", "eventName": "DeleteTrail"},
            "aws",
            "cloudtrail",
            "",
            True,
        ),
        ({**TRAIL, "eventSource": "partner.example"}, "aws", "cloudtrail", "", True),
        ({"eventSource": "amazonaws.com.example", "eventName": "x"}, "aws", "", "", False),
        ({"eventSource": "s3.amazonaws.com"}, "aws", "", "", False),
        (TRAIL, "azure", "", "", False),
        (TRAIL, "aws", "cloudtrail", "process_creation", False),
        ({**TRAIL, "eventVersion": None}, "aws", "", "", True),
        (sysmon(1), "windows", "", "process_creation", True),
        (sysmon("1"), "windows", "sysmon", "process_creation", True),
        (sysmon(3), "windows", "", "process_creation", False),
        (sysmon(13), "windows", "", "registry_set", True),
        (sysmon(13), "windows", "", "registry_event", True),
        (sysmon(10**9), "windows", "sysmon", "", True),
        (sysmon("x"), "windows", "", "process_creation", False),
        (sysmon(True), "windows", "", "process_creation", False),
        (sysmon([1]), "windows", "sysmon", "", True),
        ({"Channel": "security", "EventID": 4625}, "windows", "security", "", True),
        ({"Channel": "Security", "EventID": 1}, "windows", "", "process_creation", False),
        ({"EventID": 1, "SourceName": "Microsoft-Windows-Sysmon"}, "windows", "", "process_creation", True),
        (
            {"EventID": 4104, "Provider_Name": "Microsoft-Windows-PowerShell"},
            "windows",
            "",
            "ps_script",
            True,
        ),
        ({"EventID": 7}, "windows", "", "", True),
        ({"EventID": 7}, "windows", "system", "", False),
        ({"class": "authentication"}, "", "", "authentication", True),
        ({"category": "Authentication"}, "", "", "authentication", True),
        ({"product": "okta", "service": "okta"}, "okta", "okta", "", True),
        ({"product": "okta"}, "okta", "okta", "", False),
        ({"product": "aws", "service": {"serviceName": "guardduty"}}, "aws", "guardduty", "", True),
        ({"product": "aws", "service": {"serviceName": 7}}, "aws", "guardduty", "", False),
        ({"product": 5, "service": ["x"]}, "5", "", "", False),
        ({}, "", "", "", True),
        ({}, "windows", "", "", False),
    ],
)
def test_a_rule_speaks_of_a_record_only_if_every_part_it_names_is_known(
    record: dict[str, Any], product: str, service: str, category: str, fits: bool
) -> None:
    wanted = LogSource(product=product, service=service, category=category)
    assert origin(signature(record)).fits(wanted) is fits


def test_signatures_are_small_whatever_a_record_claims() -> None:
    assert len(str(signature({"product": "x" * 100_000}))) < 500
