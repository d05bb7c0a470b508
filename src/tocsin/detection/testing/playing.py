"""Turns the streams of a test into signals, merged by time, each one through JSON as from a real source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from tocsin.detection.problems import RuleRejected
from tocsin.detection.sigma.logsource import LogSource
from tocsin.detection.state import instant
from tocsin.detection.testing.fields import placed
from tocsin.detection.testing.written import RuleTest, Stream
from tocsin.domain.signal import Signal

_SATURDAY = 5

Asked = Callable[[Mapping[str, Any]], bool]


def signals_of(test: RuleTest, sources: Mapping[str, LogSource], asked: Asked) -> tuple[Signal, ...]:
    """Return a test's signals in the order of their time; those of one time stay in the order of the file.

    `sources` are the log sources of the rules by every name they have. A record that no rule asks for
    (`asked`) gets the keys of the log source that its stream or test names, else of the only one there is.
    Raises RuleRejected for a signal that still belongs to none of them.
    """
    records: list[tuple[int, str, dict[str, Any]]] = []
    for stream in test.streams:
        routed = _Routing(test, stream, sources, asked)
        records += [(at, stream.source, routed.record(record)) for at, record in _records(stream)]
    records.sort(key=lambda each: each[0])
    return tuple(_signal(at, source, n, record) for n, (at, source, record) in enumerate(records, 1))


def _signal(at: int, source: str, position: int, record: dict[str, Any]) -> Signal:
    raw = orjson.dumps(_timed(record, at))
    return Signal(raw=raw, record=orjson.loads(raw), time=instant(at), source=source, position=position)


def _records(stream: Stream) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    for repetition in range(stream.repeat):
        begin = stream.at + repetition * stream.every
        is_weekend = instant(begin).weekday() >= _SATURDAY
        if stream.days and (stream.days == "weekends") is not is_weekend:
            continue
        for nth in range(stream.each):
            record = dict(stream.record)
            for name, values in stream.cycle:
                record = placed(record, name, _numbered(values[number % len(values)], number + 1))
            number += 1
            yield begin + nth * stream.apart, record


def _numbered(value: Any, number: int) -> Any:
    return value.replace("{n}", str(number)) if isinstance(value, str) else value


def _timed(record: dict[str, Any], at: int) -> dict[str, Any]:
    """Return a record that knows its time: as `time`, under `{time}`, and where CloudTrail has it."""
    text = instant(at).isoformat().replace("+00:00", "Z")
    timed = {key: _filled(value, text) for key, value in record.items()}
    if isinstance(timed.get("eventName"), str) and "eventSource" in timed:
        timed.setdefault("eventTime", text[:19] + "Z")
    timed.setdefault("time", text)
    return timed


def _filled(value: Any, text: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _filled(inner, text) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, text) for inner in value]
    return text if value == "{time}" else value


class _Routing:
    """Gives the records of one stream their log source."""

    def __init__(
        self, test: RuleTest, stream: Stream, sources: Mapping[str, LogSource], asked: Asked
    ) -> None:
        self._stream = stream
        self._asked = asked
        self._named = dict(test.logsource)
        if stream.of:
            if stream.of not in sources:
                raise RuleRejected(
                    stream.place,
                    f"`of: {stream.of}` names no rule that this test uses.",
                    next_step=f"Use one of: {', '.join(sources)}.",
                )
            self._named = _parts(sources[stream.of])
        elif not self._named and len(only := set(sources.values())) == 1:
            self._named = _parts(only.pop())

    def record(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return a record that belongs to a log source the rules ask for, unless it is to lie elsewhere."""
        if self._stream.elsewhere:
            return record
        if self._stream.of or not self._asked(record):
            record = {**self._named, **record}
        if not self._asked(record):
            raise RuleRejected(
                self._stream.place,
                "The signal belongs to no log source that the rules ask for, so it could never fire.",
                next_step="Name its rule with `of:`, add `logsource:`, or say `elsewhere: true`.",
            )
        return record


def _parts(source: LogSource) -> dict[str, str]:
    parts = {"product": source.product, "service": source.service, "category": source.category}
    return {key: value for key, value in parts.items() if value}
