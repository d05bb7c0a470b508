"""Runs compiled rules inside Spark, over Arrow batches of stored signals."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from tocsin.connectors.splitting import LineRefused, decoded
from tocsin.detection.matching.matcher import Matcher
from tocsin.detection.rules import RuleSet
from tocsin.detection.sigma.rule import Rule
from tocsin.detection.sigma.timed import Timed

SCHEMA = "rule_id string, source string, position bigint, time bigint"
COLUMNS = ("raw", "source", "position", "time")
"""What a data frame of signals must have: the record's bytes (or text), who sent it, its place there, and
when it happened in microseconds since 1970 (null where it names no time)."""

_ARROW = pa.schema(
    [("rule_id", pa.string()), ("source", pa.string()), ("position", pa.int64()), ("time", pa.int64())]
)
# Each worker process keeps the rules it compiled last: one hunt has one set of them.
_KEPT = 2

Batches = Iterable[Any]


def hits(dataframe: Any, rules: RuleSet) -> Any:
    """Return which rules hold for which signals of a data frame with `COLUMNS`, one row a rule and signal.

    A signal without a time counts as of 1970. Correlations are not judged here: they need the signals in
    order. Tocsin must be importable where Spark's Python runs.
    """
    chosen = dataframe.select(*COLUMNS)
    return chosen.mapInArrow(judging(rules), SCHEMA)


def segments(spark: Any, paths: Iterable[str], source: str) -> Any:
    """Return sealed segments of one source as a data frame that `hits` takes.

    Take the paths from the lake's manifest, never from a listing of files.
    """
    written = source.replace("\\", "\\\\").replace("'", "\\'")
    return spark.read.parquet(*paths).selectExpr("raw", "position", "time", f"'{written}' as source")


def judging(rules: RuleSet) -> Callable[[Batches], Iterator[Any]]:
    """Return the function that judges Arrow batches; it can be sent to other processes."""
    packed = pickle.dumps(rules.rules)

    def judged(batches: Batches) -> Iterator[Any]:
        compiled = _compiled(packed)
        for batch in batches:
            yield pa.RecordBatch.from_pylist(list(compiled.rows(batch)), schema=_ARROW)

    return judged


@lru_cache(maxsize=_KEPT)
def _compiled(packed: bytes) -> _Compiled:
    # The bytes are those that the driver of the same job pickled, and come by Spark's own channel.
    return _Compiled(pickle.loads(packed))


class _Compiled:
    """Rules ready to judge lines."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._ids = tuple(rule.header.label for rule in rules)
        self._matcher = Matcher(rules)
        self._timed = Timed(rules)

    def rows(self, batch: Any) -> Iterator[dict[str, Any]]:
        """Yield a row for each rule that holds for a signal of a batch."""
        raws = [
            raw.encode() if isinstance(raw, str) else raw or b"" for raw in batch.column("raw").to_pylist()
        ]
        sources, positions, times = (batch.column(name) for name in COLUMNS[1:])
        for nth, numbers in self._matcher.sift(raws):
            try:
                record = decoded(raws[nth])
            except LineRefused:
                continue
            time = times[nth].as_py() or 0
            for number in self._timed.confirmed(numbers, record, time):
                yield {
                    "rule_id": self._ids[number],
                    "source": sources[nth].as_py(),
                    "position": positions[nth].as_py(),
                    "time": time,
                }
