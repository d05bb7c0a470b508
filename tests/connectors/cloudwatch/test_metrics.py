"""A data point of a metric stream is a signal with its own field names."""

from __future__ import annotations

import orjson

from tocsin.connectors.signals.formats import parse, recognise
from tocsin.detection.sigma.logsource import LogSource, origin, signature

POINT = (
    b'{"metric_stream_name":"s","account_id":"1","region":"eu-west-1","namespace":"AWS/ECS","metric_name":"CPU",'
    b'"dimensions":{"ServiceName":"jira-mcp"},"timestamp":1795206600000,"value":{"count":2.0,"sum":180.0},"unit":"Percent"}'
)


def test_each_data_point_is_a_signal() -> None:
    assert recognise(POINT + b"\n" + POINT) == "cloudwatch-metrics"
    found = parse("cloudwatch-metrics", POINT + b"\n" + POINT + b'\n{"metric_name":"x"}')
    assert (len(found.lines), [part.body for part in found.refused]) == (2, [b'{"metric_name":"x"}'])
    record = orjson.loads(found.lines[0])
    assert record["value"]["sum"] == 180.0
    assert origin(signature(record)).fits(LogSource(product="aws", service="cloudwatch", category="metric"))
