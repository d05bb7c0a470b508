"""Asks CloudWatch for log events and metrics, within bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from tocsin.connectors.aws_client import asked, aws_client
from tocsin.connectors.cloudwatch.wanted import WantedMetric
from tocsin.domain.sample import Sample

MOST_SERIES = 2_000
PERIOD_S = 60
_QUERIES_AT_ONCE = 500
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^a-zA-Z0-9]+")


@dataclass(frozen=True, slots=True)
class _Query:
    """One series that is asked for: AWS's description of it, and the labels it gets here."""

    metric: Mapping[str, Any]
    labels: tuple[tuple[str, str], ...]


class CloudWatch:
    """Both services of CloudWatch in one region."""

    def __init__(self, *, region: str, url: str) -> None:
        self._logs = aws_client("logs", region=region, url=url)
        self._metrics = aws_client("cloudwatch", region=region, url=url)
        self._region = str(self._metrics.meta.region_name)

    def events(self, group: str, start_ms: int, end_ms: int) -> Iterator[Sequence[dict[str, Any]]]:
        """Yield a log group's events of a time, page by page, as AWS tells them. Raises `AwsRefused`."""
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=max(start_ms, 0), endTime=end_ms
        )
        with asked(f"the log group {group}"):
            for page in pages:
                yield page.get("events", [])

    def samples(self, wanted: WantedMetric, start: datetime, end: datetime) -> tuple[Sample, ...]:
        """Return the samples of a metric by minute, of at most 2,000 series. Raises `AwsRefused`."""
        with asked(f"the metric {wanted.metric} of {wanted.namespace}"):
            queries = list(islice(self._queries(wanted), MOST_SERIES))
            return tuple(
                sample
                for first in range(0, len(queries), _QUERIES_AT_ONCE)
                for sample in self._values(queries[first : first + _QUERIES_AT_ONCE], wanted, start, end)
            )

    def _queries(self, wanted: WantedMetric) -> Iterator[_Query]:
        pages = self._metrics.get_paginator("list_metrics").paginate(
            Namespace=wanted.namespace, MetricName=wanted.metric
        )
        name = "_".join((*_words(wanted.namespace), *_words(wanted.metric), *_words(wanted.statistic)))
        for page in pages:
            for metric in page["Metrics"]:
                labels = {"_".join(_words(each["Name"])): each["Value"] for each in metric["Dimensions"]}
                labels |= {
                    "__name__": name,
                    "job": "_".join(_words(wanted.namespace)),
                    "region": self._region,
                }
                yield _Query(metric, tuple(sorted((label, text) for label, text in labels.items() if text)))

    def _values(
        self, queries: Sequence[_Query], wanted: WantedMetric, start: datetime, end: datetime
    ) -> Iterator[Sample]:
        asked_for = [
            {
                "Id": f"q{number}",
                "MetricStat": {"Metric": query.metric, "Period": PERIOD_S, "Stat": wanted.statistic},
            }
            for number, query in enumerate(queries)
        ]
        pages = self._metrics.get_paginator("get_metric_data").paginate(
            MetricDataQueries=asked_for, StartTime=start, EndTime=end
        )
        for page in pages:
            for found in page["MetricDataResults"]:
                labels = queries[int(found["Id"][1:])].labels
                for at, value in zip(found["Timestamps"], found["Values"], strict=True):
                    yield Sample(labels, int(at.timestamp() * 1000), float(value))


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.split(text) if word]
