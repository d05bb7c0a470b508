"""Reads remote-write bodies into samples, version 1 and 2."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import cramjam
from google.protobuf.message import DecodeError

from tocsin.connectors.refusal import BodyTooLarge, WrongContentType, detail_of
from tocsin.connectors.remote_write.messages import RequestV1, RequestV2
from tocsin.domain.errors import Explained
from tocsin.domain.sample import Labels, Sample

LARGEST_BYTES = 20 * 1024 * 1024
MOST_SAMPLES = 500_000
MOST_LABELS = 128
LONGEST_NAME = 1024
LONGEST_VALUE = 16_384

_V1 = ("", "prometheus.writerequest")
_V2 = "io.prometheus.write.v2.request"
_EARLIEST_MS = -(1 << 53)
_LATEST_MS = 1 << 53


class WriteUnreadable(Explained):
    """A body is no remote-write request (HTTP 400); Prometheus does not send it again."""

    code: ClassVar[str] = "remote_write_unreadable"
    status: ClassVar[int] = 400

    def __init__(self, happened: str) -> None:
        super().__init__(
            happened,
            means="The sample it names was not kept; others of the same request may have been.",
            next_step="Let Prometheus write here with remote_write, snappy and protobuf, version 1 or 2.",
        )


@dataclass(frozen=True, slots=True)
class ReadWrite:
    """The samples of a request; how many series or native histograms were not taken, and why the first."""

    samples: tuple[Sample, ...]
    refused: int = 0
    reason: str = ""
    histograms: int = 0


class _SeriesRefused(Exception):
    """A series cannot be kept; the text is the reason."""


def read_write(
    body: bytes, *, content_type: str = "", content_encoding: str = "snappy", max_decoded: int
) -> ReadWrite:
    """Read one request. The marker of staleness comes through as it is.

    Raises `WrongContentType` (415), `BodyTooLarge` (413), `WriteUnreadable` (400).
    """
    message = _message_for(content_type)
    if content_encoding.strip().lower() not in ("snappy", ""):
        raise WrongContentType("The Content-Encoding of remote write is snappy.")
    try:
        message.ParseFromString(_unpacked(body, min(max_decoded, LARGEST_BYTES)))
    except DecodeError as error:
        raise WriteUnreadable(f"The body is not a remote-write request: {detail_of(error)}.") from error
    if sum(len(series.samples) for series in message.timeseries) > MOST_SAMPLES:
        raise BodyTooLarge(f"The request has more than {MOST_SAMPLES} samples.")
    symbols = message.symbols if isinstance(message, RequestV2) else None
    return _read(message.timeseries, symbols)


def _message_for(content_type: str) -> Any:
    kind, _, parameters = content_type.lower().partition(";")
    if kind.strip() not in ("", "application/x-protobuf"):
        raise WrongContentType("The Content-Type of remote write is application/x-protobuf.")
    proto = parameters.strip().removeprefix("proto=").strip()
    if proto == _V2:
        return RequestV2()
    if proto not in _V1:
        raise WrongContentType(f"The message {proto[:80]!r} is none of remote write's.")
    return RequestV1()


def _unpacked(body: bytes, limit: int) -> bytes:
    try:
        # The length stands at the beginning; a body that promises too much is not unpacked at all.
        if cramjam.snappy.decompress_raw_len(body) > limit:
            raise BodyTooLarge(f"The body is larger than {limit} bytes after decompression.")
        return bytes(cramjam.snappy.decompress_raw(body))
    except cramjam.DecompressionError as error:
        raise WriteUnreadable(f"The body is not snappy: {detail_of(error)}.") from error


def _read(series: Iterable[Any], symbols: Sequence[str] | None) -> ReadWrite:
    samples: list[Sample] = []
    refused, reason, histograms = 0, "", 0
    for one in series:
        histograms += len(one.histograms)
        try:
            pairs = _by_reference(one.labels_refs, symbols) if symbols is not None else _pairs(one.labels)
            labels = _checked(pairs)
            samples += _samples(labels, one.samples)
        except _SeriesRefused as fault:
            refused, reason = refused + 1, reason or str(fault)
    return ReadWrite(tuple(samples), refused, reason, histograms)


def _pairs(labels: Iterable[Any]) -> list[tuple[str, str]]:
    return [(label.name, label.value) for label in labels]


def _by_reference(references: Sequence[int], symbols: Sequence[str]) -> list[tuple[str, str]]:
    if len(references) % 2 or any(reference >= len(symbols) for reference in references):
        raise _SeriesRefused("a series refers to symbols that are not there")
    texts = [symbols[reference] for reference in references]
    return list(zip(texts[::2], texts[1::2], strict=True))


def _checked(pairs: list[tuple[str, str]]) -> Labels:
    labels = tuple(sorted((name, text) for name, text in pairs if text))
    names = [name for name, _ in labels]
    if "__name__" not in names:
        raise _SeriesRefused("a series has no name")
    if "" in names or len(set(names)) != len(names):
        raise _SeriesRefused("a series has a label twice, or one without a name")
    if len(labels) > MOST_LABELS:
        raise _SeriesRefused(f"a series has more than {MOST_LABELS} labels")
    if any(len(name) > LONGEST_NAME or len(text) > LONGEST_VALUE for name, text in labels):
        raise _SeriesRefused("a label of a series is too long")
    return labels


def _samples(labels: Labels, points: Iterable[Any]) -> Iterator[Sample]:
    for point in points:
        if not _EARLIEST_MS < point.timestamp < _LATEST_MS:
            raise _SeriesRefused("a sample has no possible time")
        yield Sample(labels, point.timestamp, point.value)
