"""Names are those that Prometheus gives to the same metrics, by its own table of translations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.connectors.otlp.naming import label_name, labels_of, metric_name


@pytest.mark.parametrize(
    ("name", "unit", "kind", "expected"),
    [
        ("system.network.io", "By", "counter", "system_network_io_bytes_total"),
        ("network.transmitted-bytes_total", "By", "counter", "network_transmitted_bytes_total"),
        ("system.filesystem.utilization", "1", "gauge", "system_filesystem_utilization_ratio"),
        ("broken.metric.speed.rate", "km/h", "gauge", "broken_metric_speed_rate_km_per_hour"),
        ("astro.light.speed_limit", "m/s", "gauge", "astro_light_speed_limit_meters_per_second"),
        (
            "active_directory.ds.replication.network.io",
            "By",
            "",
            "active_directory_ds_replication_network_io_bytes",
        ),
        ("redis.rdb.changes_since_last_save", "{change}", "", "redis_rdb_changes_since_last_save"),
        ("http.server.duration", "ms", "", "http_server_duration_milliseconds"),
        ("large.file.size", "%", "gauge", "large_file_size_percent"),
        ("2xx.responses", "", "", "_2xx_responses"),
        ("weird/name---here", "", "", "weird_name_here"),
        ("job:rate", "", "", "job:rate"),
        ("requests", "1", "counter", "requests_total"),
        ("...", "", "", ""),
    ],
)
def test_a_metric_is_named_as_prometheus_names_it(name, unit, kind, expected) -> None:
    assert metric_name(name, unit, is_counter=kind == "counter", is_gauge=kind == "gauge") == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("http.method", "http_method"),
        ("0zero", "key_0zero"),
        ("_hidden", "key_hidden"),
        ("__name", "__name"),
        ("straße", "stra_e"),
    ],
)
def test_an_attribute_is_named_as_prometheus_names_it(name, expected) -> None:
    assert label_name(name) == expected


def test_attributes_of_one_name_are_joined_and_ours_win() -> None:
    labels = labels_of("up", {"a.b": "1", "a_b": "2", "job": "forged", "empty": ""}, {"job": "shop"})
    assert labels == (("__name__", "up"), ("a_b", "1;2"), ("job", "shop"))


@given(st.dictionaries(st.text(), st.text()))
def test_labels_are_sorted_unique_and_never_empty(attributes) -> None:
    labels = labels_of("up", attributes, {})
    names = [name for name, _ in labels]
    assert names == sorted(set(names))
    assert all(name and text for name, text in labels)
    assert dict(labels)["__name__"] == "up"
