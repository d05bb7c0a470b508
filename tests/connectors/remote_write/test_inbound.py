"""Both versions of remote write become samples; what is hostile is refused within bounds."""

from __future__ import annotations

import math
from contextlib import suppress

import cramjam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.connectors.refusal import BodyTooLarge, WrongContentType
from tocsin.connectors.remote_write import inbound
from tocsin.connectors.remote_write.inbound import ReadWrite, WriteUnreadable, read_write
from tocsin.connectors.remote_write.messages import RequestV1, RequestV2
from tocsin.domain.sample import STALE, Sample, is_stale

V1 = "application/x-protobuf"
V2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request"
UP = (("__name__", "up"), ("job", "shop"))


def packed(message) -> bytes:
    return bytes(cramjam.snappy.compress_raw(message.SerializeToString()))


def version_1(labels, *points) -> bytes:
    request = RequestV1()
    series = request.timeseries.add()
    for name, text in labels:
        series.labels.add(name=name, value=text)
    for at, value in points:
        series.samples.add(timestamp=at, value=value)
    return packed(request)


def read(body: bytes, content_type: str = V1, limit: int = 1 << 20) -> ReadWrite:
    return read_write(body, content_type=content_type, max_decoded=limit)


def test_samples_come_through_with_sorted_labels() -> None:
    found = read(version_1([("job", "shop"), ("__name__", "up"), ("none", "")], (5, 1.5), (6, math.inf)))
    assert found == ReadWrite((Sample(UP, 5, 1.5), Sample(UP, 6, math.inf)))


def test_the_end_of_a_series_is_told_from_any_other_nan() -> None:
    first, second = read(version_1(UP, (5, STALE), (6, math.nan))).samples
    assert (is_stale(first.value), is_stale(second.value)) == (True, False)


def test_version_2_says_the_same_by_symbols() -> None:
    request = RequestV2(symbols=["", "__name__", "up", "job", "shop"])
    series = request.timeseries.add(labels_refs=[1, 2, 3, 4], histograms=[b"x"])
    series.samples.add(timestamp=5, value=1.5)
    request.timeseries.add(labels_refs=[1, 99])
    request.timeseries.add(labels_refs=[1])
    found = read(packed(request), V2)
    assert (found.samples, found.refused, found.histograms) == ((Sample(UP, 5, 1.5),), 2, 1)


@pytest.mark.parametrize(
    ("labels", "at", "reason"),
    [
        ([("job", "shop")], 5, "no name"),
        ([("__name__", "up"), ("__name__", "down")], 5, "twice"),
        ([("__name__", "up"), ("", "x")], 5, "without a name"),
        ([("__name__", "u" * 20_000)], 5, "too long"),
        ([("__name__", "up"), *((f"l{n}", "x") for n in range(200))], 5, "more than"),
        (UP, 1 << 60, "no possible time"),
    ],
)
def test_a_series_that_cannot_be_kept_is_refused_alone(labels, at, reason) -> None:
    found = read(version_1(labels, (at, 1.0)))
    assert (found.samples, found.refused) == ((), 1)
    assert reason in found.reason


def test_a_body_that_grows_too_large_is_not_unpacked(monkeypatch) -> None:
    with pytest.raises(BodyTooLarge):
        read(bytes(cramjam.snappy.compress_raw(b"\0" * 5000)), limit=4000)
    monkeypatch.setattr(inbound, "MOST_SAMPLES", 1)
    with pytest.raises(BodyTooLarge):
        read(version_1(UP, (5, 1.0), (6, 1.0)))


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-protobuf;proto=other.Message"])
def test_another_type_or_encoding_is_refused(content_type) -> None:
    with pytest.raises(WrongContentType):
        read(version_1(UP), content_type)
    with pytest.raises(WrongContentType):
        read_write(version_1(UP), content_encoding="gzip", max_decoded=99)


@given(st.binary(max_size=200), st.sampled_from([V1, V2]), st.booleans())
def test_any_bytes_are_read_or_refused(body, content_type, wrapped) -> None:
    with suppress(WriteUnreadable, BodyTooLarge):
        found = read(bytes(cramjam.snappy.compress_raw(body)) if wrapped else body, content_type)
        assert all("__name__" in dict(sample.labels) for sample in found.samples)
