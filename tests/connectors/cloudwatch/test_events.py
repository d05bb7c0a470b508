"""What EventBridge carries is a signal; what CloudTrail told through it is CloudTrail's own record."""

from __future__ import annotations

import json

import orjson

from tocsin.connectors.signals.formats import parse, recognise
from tocsin.detection.sigma.logsource import LogSource, origin, signature

CALL = {"eventVersion": "1.09", "eventSource": "iam.amazonaws.com", "eventName": "CreateUser"}
HEALTH = {
    "version": "0",
    "detail-type": "AWS Health Event",
    "source": "aws.health",
    "detail": {"service": "EC2"},
}


def test_a_call_told_by_cloudtrail_is_taken_out_of_its_envelope() -> None:
    body = json.dumps(
        {"detail-type": "AWS API Call via CloudTrail", "source": "aws.iam", "detail": CALL}
    ).encode()
    assert recognise(body) == "eventbridge"
    (line,) = parse("eventbridge", body).lines
    assert orjson.loads(line) == CALL


def test_any_other_event_keeps_its_envelope() -> None:
    (line,) = parse("eventbridge", json.dumps(HEALTH).encode()).lines
    record = orjson.loads(line)
    assert {name: record[name] for name in HEALTH} == HEALTH
    assert origin(signature(record)).fits(LogSource(product="aws", service="eventbridge"))


def test_what_has_a_format_of_its_own_is_left_to_it() -> None:
    body = json.dumps({**HEALTH, "detail-type": "GuardDuty Finding"}).encode()
    assert len(parse("eventbridge", body).refused) == 1
