"""Metrics become the samples that Prometheus would have made of them; what cannot is rejected by point."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from tocsin.connectors.otlp.metrics import ReadSamples, read_metrics
from tocsin.connectors.otlp.reading import PROTOBUF
from tocsin.domain.sample import is_stale

AT = 1_700_000_000_000_000_000
CUMULATIVE, DELTA = 2, 1
SHOP = {"service.name": "cart", "service.namespace": "shop", "service.instance.id": "i-1", "host.name": "h"}


def pairs(texts: dict[str, str]) -> list[KeyValue]:
    return [KeyValue(key=key, value=AnyValue(string_value=text)) for key, text in texts.items()]


def read(*metrics: Metric, resource: dict[str, str] | None = None) -> ReadSamples:
    request = ExportMetricsServiceRequest()
    group = request.resource_metrics.add()
    group.resource.attributes.extend(pairs(resource or {}))
    group.scope_metrics.add().metrics.extend(metrics)
    return read_metrics(request.SerializeToString(), content_type=PROTOBUF, max_decoded=1 << 20)


def series(found: ReadSamples) -> dict[str, float]:
    def shown(labels) -> str:
        rest = ",".join(f"{name}={text}" for name, text in labels if name != "__name__")
        return f"{dict(labels)['__name__']}{{{rest}}}"

    return {shown(sample.labels): sample.value for sample in found.samples}


def counter(temporality: int = CUMULATIVE, *, monotonic: bool = True) -> Metric:
    metric = Metric(name="http.requests")
    metric.sum.aggregation_temporality, metric.sum.is_monotonic = temporality, monotonic
    metric.sum.data_points.add(time_unix_nano=AT, as_int=7, attributes=pairs({"http.method": "GET"}))
    return metric


def histogram(bounds: list[float], counts: list[int]) -> Metric:
    metric = Metric(name="latency", unit="s")
    metric.histogram.aggregation_temporality = CUMULATIVE
    metric.histogram.data_points.add(
        time_unix_nano=AT, explicit_bounds=bounds, bucket_counts=counts, count=sum(counts), sum=4.5
    )
    return metric


def test_a_counter_is_a_total_with_job_instance_and_target_info() -> None:
    found = read(counter(), resource=SHOP)
    assert series(found) == {
        "http_requests_total{http_method=GET,instance=i-1,job=shop/cart}": 7.0,
        "target_info{host_name=h,instance=i-1,job=shop/cart}": 1.0,
    }
    assert {sample.time_ms for sample in found.samples} == {1_700_000_000_000}


def test_a_sum_that_may_fall_is_a_gauge() -> None:
    assert series(read(counter(monotonic=False))) == {"http_requests{http_method=GET}": 7.0}


def test_a_histogram_has_cumulative_buckets_sum_and_count() -> None:
    assert series(read(histogram([0.005, 1, 2.5], [1, 2, 0, 3]))) == {
        "latency_seconds_bucket{le=0.005}": 1.0,
        "latency_seconds_bucket{le=1}": 3.0,
        "latency_seconds_bucket{le=2.5}": 3.0,
        "latency_seconds_bucket{le=+Inf}": 6.0,
        "latency_seconds_sum{}": 4.5,
        "latency_seconds_count{}": 6.0,
    }


def test_a_summary_has_its_quantiles() -> None:
    metric = Metric(name="gc", unit="s")
    point = metric.summary.data_points.add(time_unix_nano=AT, count=2, sum=0.5)
    point.quantile_values.add(quantile=0.99, value=0.4)
    assert series(read(metric)) == {
        "gc_seconds{quantile=0.99}": 0.4,
        "gc_seconds_sum{}": 0.5,
        "gc_seconds_count{}": 2.0,
    }


def test_a_point_without_a_value_ends_its_series() -> None:
    metric = Metric(name="up")
    metric.gauge.data_points.add(time_unix_nano=AT, flags=1)
    (sample,) = read(metric).samples
    assert is_stale(sample.value)


@pytest.mark.parametrize(
    ("metric", "reason"),
    [
        (counter(DELTA), "not cumulative"),
        (histogram([1.0], [1, 2, 3]), "do not fit"),
        (Metric(name="", gauge={"data_points": [{"time_unix_nano": AT}]}), "no name"),
        (Metric(name="...", gauge={"data_points": [{"time_unix_nano": AT}]}), "no letter"),
        (Metric(name="up", gauge={"data_points": [{}]}), "no time"),
        (Metric(name="e", exponential_histogram={"data_points": [{}]}), "exponential"),
        (
            Metric(
                name="up",
                gauge={"data_points": [{"time_unix_nano": AT, "attributes": pairs({"a": "x" * 5000})}]},
            ),
            "longer than",
        ),
        (
            Metric(
                name="up",
                gauge={
                    "data_points": [
                        {"time_unix_nano": AT, "attributes": pairs({f"a{n}": "x" for n in range(200)})}
                    ]
                },
            ),
            "more than",
        ),
    ],
)
def test_a_point_that_cannot_be_a_sample_is_rejected_alone(metric, reason) -> None:
    found = read(metric, counter())
    assert found.rejected.count == 1
    assert reason in found.rejected.reason
    assert "http_requests_total{http_method=GET}" in series(found)


@given(st.floats(), st.lists(st.floats(), max_size=4))
def test_any_numbers_are_read(value, bounds) -> None:
    gauge = Metric(name="g")
    gauge.gauge.data_points.add(time_unix_nano=AT, as_double=value)
    found = read(gauge, histogram(bounds, [1] * (len(bounds) + 1)))
    assert len(found.samples) == len(bounds) + 4
