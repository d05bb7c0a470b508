"""OTLP metrics as samples: counters, gauges, histograms and summaries by Prometheus' rules."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, DataPointFlags, Metric
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from tocsin.connectors.otlp.attributes import flat
from tocsin.connectors.otlp.naming import labels_of, metric_name
from tocsin.connectors.otlp.reading import Rejected, read_request
from tocsin.domain.sample import STALE, Sample

LONGEST_LABEL = 4096
MOST_LABELS = 128

_CUMULATIVE = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
_NO_VALUE = DataPointFlags.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK
_IDENTITY = ("service.name", "service.namespace", "service.instance.id")
_INFINITY = "+Inf"


@dataclass(frozen=True, slots=True)
class ReadSamples:
    """The samples of one request, and what was not taken of it (counted in data points)."""

    samples: tuple[Sample, ...]
    rejected: Rejected


class _PointRefused(Exception):
    """A data point cannot be a sample; the text is the reason."""


@dataclass(slots=True)
class _Gathering:
    """What was read so far of one request."""

    samples: list[Sample] = field(default_factory=list)
    rejected: Rejected = field(default_factory=Rejected)


def read_metrics(
    body: bytes, *, content_type: str, content_encoding: str = "", max_decoded: int
) -> ReadSamples:
    """Read an ExportMetricsServiceRequest.

    Deltas and exponential histograms are rejected point by point. Raises as `read_request` does.
    """
    request = read_request(
        body,
        ExportMetricsServiceRequest(),
        content_type=content_type,
        content_encoding=content_encoding,
        max_decoded=max_decoded,
    )
    gathering = _Gathering()
    for group in request.resource_metrics:
        ours = _identity(group.resource)
        before = len(gathering.samples)
        for scope in group.scope_metrics:
            for metric in scope.metrics:
                _gather(gathering, metric, ours)
        newest = max((sample.time_ms for sample in gathering.samples[before:]), default=0)
        gathering.samples += _target_info(group.resource, ours, newest)
    return ReadSamples(tuple(gathering.samples), gathering.rejected)


def _gather(gathering: _Gathering, metric: Metric, ours: dict[str, str]) -> None:
    kind = metric.WhichOneof("data")
    if kind is None:
        return
    points = getattr(metric, kind).data_points
    reason = _refused_whole(metric, kind)
    if reason:
        gathering.rejected = gathering.rejected.and_one(reason, len(points))
        return
    for point in points:
        try:
            gathering.samples += list(_samples(metric, kind, point, ours))
        except _PointRefused as refused:
            gathering.rejected = gathering.rejected.and_one(f"{metric.name[:80]!r}: {refused}")


def _refused_whole(metric: Metric, kind: str) -> str:
    """Say why no point of a metric can be kept, empty if they can."""
    shown = repr(metric.name[:80])
    if not metric.name:
        return "a metric has no name"
    if kind == "exponential_histogram":
        return f"{shown} is an exponential histogram; export explicit buckets"
    if kind in ("sum", "histogram") and getattr(metric, kind).aggregation_temporality != _CUMULATIVE:
        return f"{shown} is not cumulative; export cumulative temporality"
    return ""


def _samples(metric: Metric, kind: str, point: Any, ours: dict[str, str]) -> Iterator[Sample]:
    attributes = {name: _text(value) for name, value in flat(point.attributes).items()}
    if len(attributes) > MOST_LABELS:
        raise _PointRefused(f"a point has more than {MOST_LABELS} attributes")
    if any(len(name) > LONGEST_LABEL or len(text) > LONGEST_LABEL for name, text in attributes.items()):
        raise _PointRefused(f"an attribute is longer than {LONGEST_LABEL} characters")
    if not 0 < point.time_unix_nano < 1 << 63:
        raise _PointRefused("a point has no time")
    time_ms = point.time_unix_nano // 1_000_000
    name = _name(metric, kind)
    for suffix, label, value in _values(kind, point):
        is_stale = bool(point.flags & _NO_VALUE)
        labels = labels_of(name + suffix, attributes, ours | label)
        yield Sample(labels, time_ms, STALE if is_stale else value)


def _name(metric: Metric, kind: str) -> str:
    is_counter = kind == "sum" and metric.sum.is_monotonic
    is_gauge = kind == "gauge" or (kind == "sum" and not is_counter)
    name = metric_name(metric.name, metric.unit, is_counter=is_counter, is_gauge=is_gauge)
    if not name:
        raise _PointRefused("its name has no letter or digit")
    return name


def _values(kind: str, point: Any) -> Iterator[tuple[str, dict[str, str], float]]:
    """Yield the suffix, the label of its own, and the value of each sample that a point becomes."""
    if kind in ("gauge", "sum"):
        value = point.as_int if point.WhichOneof("value") == "as_int" else point.as_double
        yield "", {}, float(value)
        return
    if kind == "histogram":
        yield from _buckets(point)
        if point.HasField("sum"):
            yield "_sum", {}, point.sum
    else:
        for quantile in point.quantile_values:
            yield "", {"quantile": _number(quantile.quantile)}, quantile.value
        yield "_sum", {}, point.sum
    yield "_count", {}, float(point.count)


def _buckets(point: Any) -> Iterator[tuple[str, dict[str, str], float]]:
    bounds, counts = point.explicit_bounds, point.bucket_counts
    if counts and len(counts) != len(bounds) + 1:
        raise _PointRefused(f"{len(counts)} buckets do not fit {len(bounds)} bounds")
    so_far = 0
    for bound, count in zip(bounds, counts, strict=False):
        so_far += count
        yield "_bucket", {"le": _number(bound)}, float(so_far)
    yield "_bucket", {"le": _INFINITY}, float(point.count)


def _identity(resource: Resource) -> dict[str, str]:
    """Return `job` and `instance`, as far as the resource says who it is."""
    told = {name: _text(value) for name, value in flat(resource.attributes).items() if name in _IDENTITY}
    job = "/".join(filter(None, (told.get("service.namespace"), told.get("service.name"))))
    found = {"job": job, "instance": told.get("service.instance.id", "")}
    return {name: text[:LONGEST_LABEL] for name, text in found.items() if text}


def _target_info(resource: Resource, ours: dict[str, str], time_ms: int) -> list[Sample]:
    """Return the one sample that carries the resource's other attributes, if it says who it is."""
    rest = {
        name: _text(value)[:LONGEST_LABEL]
        for name, value in flat(resource.attributes).items()
        if name not in _IDENTITY
    }
    if not (ours and rest and time_ms) or len(rest) > MOST_LABELS:
        return []
    return [Sample(labels_of("target_info", rest, ours), time_ms, 1.0)]


def _text(value: Any) -> str:
    if type(value) is str:
        return value
    return "" if value is None else orjson.dumps(value).decode()


def _number(value: float) -> str:
    """Write a bound as Go does with the fewest digits that read back: `0.005`, `1`, `+Inf`."""
    if math.isinf(value):
        return _INFINITY if value > 0 else "-Inf"
    if value == int(value) if math.isfinite(value) and abs(value) < 1e15 else False:
        return str(int(value))
    return repr(value)
