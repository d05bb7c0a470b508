"""The messages are those of Prometheus, byte by byte."""

from __future__ import annotations

from tocsin.connectors.remote_write.messages import RequestV1, RequestV2


def test_version_1_has_prometheus_field_numbers() -> None:
    # WriteRequest{timeseries: [{labels: [{name: "a", value: "b"}], samples: [{value: 1, timestamp: 2}]}]}
    written = bytes.fromhex("0a150a060a0161120162120b09000000000000f03f1002")
    (series,) = RequestV1.FromString(written).timeseries
    assert [(label.name, label.value) for label in series.labels] == [("a", "b")]
    assert [(point.value, point.timestamp) for point in series.samples] == [(1.0, 2)]


def test_version_2_has_prometheus_field_numbers_and_skips_what_it_does_not_know() -> None:
    # Request{symbols: ["", "a"], timeseries: [{labels_refs: [0, 1], metadata: {type: 1}}]}
    written = bytes.fromhex("22002201612a080a0200012a020801")
    request = RequestV2.FromString(written)
    assert (list(request.symbols), list(request.timeseries[0].labels_refs)) == (["", "a"], [0, 1])
