"""Makes signals of CloudWatch alarms' changes of state, as SNS and as EventBridge tell them."""

from __future__ import annotations

from typing import Any

from tocsin.connectors.aws_alarms import DETAIL_TYPE
from tocsin.connectors.parsed import Parsed
from tocsin.connectors.slices import one

_ROUTE = {"product": "aws", "service": "cloudwatch", "category": "alarm"}


def is_alarm(record: dict[str, Any]) -> bool:
    """Say whether an object tells an alarm's change of state."""
    return _is_message(record) or _is_envelope(record)


def read_alarm(raw: bytes, record: dict[str, Any]) -> Parsed | None:
    """Make a signal of one change of state, with its native field names.

    The two forms name things differently, so each gets the same words beside its own: `alarm_name`,
    `alarm_arn`, `state` (ALARM, OK or INSUFFICIENT_DATA), `previous_state`, `reason` and `time`.
    """
    if _is_message(record):
        words = {
            "alarm_name": record["AlarmName"],
            "alarm_arn": record.get("AlarmArn"),
            "state": record["NewStateValue"],
            "previous_state": record.get("OldStateValue"),
            "reason": record.get("NewStateReason"),
            "time": record.get("StateChangeTime"),
        }
    elif _is_envelope(record):
        detail = record["detail"]
        resources = record.get("resources")
        words = {
            "alarm_name": detail["alarmName"],
            "alarm_arn": resources[0] if type(resources) is list and resources else None,
            "state": detail["state"]["value"],
            "previous_state": _value(detail.get("previousState")),
            "reason": detail["state"].get("reason"),
        }
    else:
        return None
    return one(raw, record, _ROUTE | words)


def _is_message(record: dict[str, Any]) -> bool:
    return type(record.get("AlarmName")) is str and type(record.get("NewStateValue")) is str


def _is_envelope(record: dict[str, Any]) -> bool:
    detail = record.get("detail")
    return (
        record.get("detail-type") == DETAIL_TYPE
        and type(detail) is dict
        and type(detail.get("alarmName")) is str
        and type(_value(detail.get("state"))) is str
    )


def _value(state: Any) -> Any:
    return state.get("value") if type(state) is dict else None
