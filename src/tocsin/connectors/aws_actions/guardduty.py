"""Suppresses findings of GuardDuty that a person has judged false, with the reason beside it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from tocsin.connectors.aws_actions.asking import (
    REGION,
    change,
    known,
    named,
    pages,
    placed,
    read,
    refused,
    seen_by,
)
from tocsin.domain.acting import Arguments, Kept, Outcome, Performer, Play
from tocsin.domain.action import (
    ActionClass,
    BlastRadius,
    Declaration,
    Parameter,
    ParameterKind,
    Repeat,
    Residual,
    Right,
    Undo,
)

LONGEST_DESCRIPTION = 512
"""Of a filter, in the API reference of GuardDuty; a name has 3 to 64 characters."""
_LONGEST_SLUG = 40
_RESOURCES = {
    "instance": "resource.instanceDetails.instanceId",
    "user": "resource.accessKeyDetails.userName",
    "bucket": "resource.s3BucketDetails.name",
    "address": "service.action.networkConnectionAction.remoteIpDetails.ipAddressV4",
}


def _criteria(arguments: Arguments) -> Mapping[str, Any]:
    """Return what the filter matches: the finding's type, and the one resource where it is named."""
    wanted = {"type": [str(arguments["finding_type"])]}
    for name, field in _RESOURCES.items():
        if arguments.get(name):
            wanted[field] = [str(arguments[name])]
    return {"Criterion": {field: {"Equals": values} for field, values in wanted.items()}}


def _name_of(arguments: Arguments) -> str:
    """Return the filter's name, which equal criteria share."""
    slug = re.sub(r"[^A-Za-z0-9]+", "-", str(arguments["finding_type"])).strip("-")[:_LONGEST_SLUG]
    digest = hashlib.sha256(repr(sorted(_criteria(arguments)["Criterion"].items())).encode()).hexdigest()
    return f"tocsin-{slug}-{digest[:10]}"


def _justified(arguments: Arguments) -> str:
    reason = str(arguments.get("justification") or "").strip()
    if not reason:
        raise refused("a finding is suppressed only with a justification")
    return reason[:LONGEST_DESCRIPTION]


def _detector(arguments: Arguments) -> Play[str]:
    """Return the detector's id; a region has one."""
    if arguments.get("detector"):
        return str(arguments["detector"])
    found = yield from pages(
        read(placed("guardduty", arguments), "ListDetectors", {"DetectorIds": ["detector"]}), "NextToken"
    )
    detectors = [each for page in found for each in page["DetectorIds"]]
    if len(detectors) != 1:
        raise refused(f"{len(detectors)} detectors are meant: name one as `detector`")
    return str(detectors[0])


def _is_there(arguments: Arguments, detector: str) -> Play[bool]:
    found = yield from pages(
        read(placed("guardduty", arguments), "ListFilters", {"FilterNames": []}, DetectorId=detector),
        "NextToken",
    )
    return any(_name_of(arguments) in page["FilterNames"] for page in found)


def _touched(arguments: Arguments) -> Play[Mapping[str, tuple[str, ...]]]:
    return known({"filters": (_name_of(arguments),), "findings": named(arguments.get("findings"))})


def _before(arguments: Arguments) -> Play[Kept]:
    detector = yield from _detector(arguments)
    return {"detector": detector, "was_there": (yield from _is_there(arguments, detector))}


def _suppress(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    reason, detector = _justified(arguments), kept["detector"]
    where, findings = placed("guardduty", arguments), named(arguments.get("findings"))
    if not (yield from _is_there(arguments, detector)):
        yield change(
            where,
            "CreateFilter",
            {"Name": _name_of(arguments)},
            DetectorId=detector,
            Name=_name_of(arguments),
            Description=reason,
            Action="ARCHIVE",
            FindingCriteria=_criteria(arguments),
            ClientToken=key[:64],
        )
    if findings:
        yield change(where, "ArchiveFindings", None, DetectorId=detector, FindingIds=list(findings))
    return Outcome(
        text=f"Findings of {arguments['finding_type']} are suppressed by a filter that says why.",
        output={"filter": _name_of(arguments), "archived": list(findings)},
    )


def _is_suppressed(arguments: Arguments, kept: Kept) -> Play[bool]:
    return (yield from _is_there(arguments, kept["detector"]))


def _unsuppress(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    where, findings = placed("guardduty", arguments), named(arguments.get("findings"))
    is_there = yield from _is_there(arguments, kept["detector"])
    if is_there and not kept["was_there"]:
        yield change(where, "DeleteFilter", None, DetectorId=kept["detector"], FilterName=_name_of(arguments))
    if findings:
        yield change(where, "UnarchiveFindings", None, DetectorId=kept["detector"], FindingIds=list(findings))
    return Outcome(text="The filter is as it was before.")


_ONLY_ONE = "Only findings about this one."

PERFORMERS = (
    Performer(
        declaration=Declaration(
            name="aws.guardduty.suppress",
            title="Suppress false findings of GuardDuty",
            action_class=ActionClass.RECOVER,
            parameters=(
                Parameter(
                    name="finding_type",
                    kind=ParameterKind.TEXT,
                    summary="Such as Recon:EC2/PortProbeUnprotectedPort.",
                ),
                Parameter(
                    name="justification",
                    kind=ParameterKind.TEXT,
                    summary="Why it is false; becomes the filter's description.",
                ),
                Parameter(name="instance", kind=ParameterKind.TEXT, summary=_ONLY_ONE, required=False),
                Parameter(name="user", kind=ParameterKind.TEXT, summary=_ONLY_ONE, required=False),
                Parameter(name="bucket", kind=ParameterKind.TEXT, summary=_ONLY_ONE, required=False),
                Parameter(name="address", kind=ParameterKind.TEXT, summary=_ONLY_ONE, required=False),
                Parameter(
                    name="findings",
                    kind=ParameterKind.TEXTS,
                    summary="Ids of findings that are there already, to be archived too.",
                    required=False,
                ),
                Parameter(
                    name="detector",
                    kind=ParameterKind.TEXT,
                    summary="The detector's id; needed where there are several.",
                    required=False,
                ),
                REGION,
            ),
            repeat=Repeat.SAME_NAME,
            repeat_rule="The filter is named for its criteria; one that is there is left.",
            undo=Undo(
                does="Deletes the filter, unless it was there before, and shows the findings again.",
                keeps=("whether the filter was there", "detector"),
            ),
            residual=Residual(
                remains="A true finding of the same kind is archived unseen as long as the filter is there.",
                closed_by="undo, or `for:` a time",
            ),
            blast=BlastRadius(unit="filter", per_run=1, per_hour=10),
            rights=(
                Right(name="guardduty:ListDetectors", why="To find the detector."),
                Right(name="guardduty:ListFilters", why="To see whether the filter is there."),
                Right(name="guardduty:CreateFilter", why="To suppress."),
                Right(name="guardduty:DeleteFilter", why="To take it back."),
                Right(name="guardduty:ArchiveFindings", why="To archive the findings that are named."),
                Right(name="guardduty:UnarchiveFindings", why="To show them again."),
            ),
        ),
        objects=_touched,
        before=_before,
        perform=_suppress,
        seen=seen_by(_is_suppressed),
        verify=_is_suppressed,
        undo=_unsuppress,
    ),
)
