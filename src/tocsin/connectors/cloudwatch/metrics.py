"""Makes signals of CloudWatch metric streams in their JSON form."""

from __future__ import annotations

from typing import Any

from tocsin.connectors.parsed import Parsed
from tocsin.connectors.slices import one

_ROUTE = {"product": "aws", "service": "cloudwatch", "category": "metric"}


def is_metric(record: dict[str, Any]) -> bool:
    """Say whether an object is one data point of a metric stream."""
    return "metric_stream_name" in record and "metric_name" in record and type(record.get("value")) is dict


def read_metric(raw: bytes, record: dict[str, Any]) -> Parsed | None:
    """Make a signal of one data point, with its native field names (`value.sum` ...).

    Format: "CloudWatch metric stream output in JSON format", Amazon CloudWatch user guide.
    """
    return one(raw, record, _ROUTE) if is_metric(record) else None
