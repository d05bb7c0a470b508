"""Nothing is suppressed without a reason, and only what was meant."""

from __future__ import annotations

import pytest

from aws_rigs import AWS, BY_NAME, KEY, Recording, played, set_up, stubbed
from tocsin.domain.acting import CallFailed
from tocsin.domain.playing import drive

SUPPRESS = BY_NAME["aws.guardduty.suppress"]
WHAT = "findings suppressed"


@pytest.mark.parametrize("reason", ["", "   ", None])
def test_a_suppression_without_a_reason_is_refused_before_any_call(reason) -> None:
    with set_up(WHAT) as rig:
        caller = Recording()
        with pytest.raises(CallFailed, match="justification"):
            drive(
                SUPPRESS.perform({**rig.arguments, "justification": reason}, {"detector": "d"}, KEY),
                caller.of,
            )
    assert caller.calls == []


def test_the_filter_says_why_and_matches_what_was_named() -> None:
    with set_up(WHAT) as rig:
        kept = drive(SUPPRESS.before(rig.arguments), Recording().of)
        drive(SUPPRESS.perform(rig.arguments, kept, KEY), Recording().of)
        (made,) = rig.state()["filters"]
    assert made["Description"] == "The scanner of our own auditors."
    assert made["Action"] == "ARCHIVE"
    assert set(made["FindingCriteria"]["Criterion"]) == {"type", "resource.instanceDetails.instanceId"}
    assert 3 <= len(made["Name"]) <= 64


def test_a_filter_that_was_there_before_stays_after_an_undo() -> None:
    with set_up(WHAT) as rig:
        kept = drive(SUPPRESS.before(rig.arguments), Recording().of)
        drive(SUPPRESS.perform(rig.arguments, kept, KEY), Recording().of)
        again = drive(SUPPRESS.before(rig.arguments), Recording().of)
        assert again["was_there"] is True
        drive(SUPPRESS.undo(rig.arguments, again, KEY), Recording().of)
        assert len(rig.state()["filters"]) == 1


def test_stubbed_findings_that_are_there_already_are_archived_and_shown_again() -> None:
    """Moto does not know ArchiveFindings."""
    given = {"finding_type": "Recon:EC2/Portscan", "justification": "ours", "findings": ["f1", "f2"]}
    name = drive(SUPPRESS.objects(given), lambda _: AWS.caller)["filters"][0]
    some = {"DetectorId": "d" * 32, "FindingIds": ["f1", "f2"]}
    detector = {"DetectorId": "d" * 32}
    kept = {"detector": "d" * 32, "was_there": True}
    with stubbed(
        "guardduty",
        ("ListFilters", detector, {"FilterNames": [name]}),
        ("ArchiveFindings", some, {}),
        ("ListFilters", detector, {"FilterNames": [name]}),
        ("UnarchiveFindings", some, {}),
    ) as caller:
        told = drive(SUPPRESS.perform(given, kept, KEY), lambda _: caller)
        drive(SUPPRESS.undo(given, kept, KEY), lambda _: caller)
    assert told.output["archived"] == ["f1", "f2"]


def test_a_region_without_a_detector_is_refused() -> None:
    with played(), pytest.raises(CallFailed, match="0 detectors"):
        drive(SUPPRESS.before({"finding_type": "a"}), Recording().of)


def test_a_detector_may_be_named() -> None:
    with set_up(WHAT) as rig:
        (detector,) = AWS("guardduty").list_detectors()["DetectorIds"]
        kept = drive(SUPPRESS.before({**rig.arguments, "detector": detector}), Recording().of)
    assert kept == {"detector": detector, "was_there": False}
