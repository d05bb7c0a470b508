"""Sifted lines against asking every rule of every record: all SigmaHQ rules, all kinds of events."""

from __future__ import annotations

import argparse
import gzip
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson
import pyarrow as pa

from tocsin.detection.matching.matcher import Matcher
from tocsin.detection.rules import load
from tocsin.detection.sigma.logsource import origin, signature
from tocsin.detection.sigma.readings import Facts, Memo
from tocsin.detection.sigma.rule import Rule
from tocsin.detection.sigma.tree import Interned

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=25, help="events of each (Channel, EventID) kind")
    given = parser.parse_args()
    rules = sigmahq()
    lines = [*stratified(windows(), given.each), *cloudtrail()]
    matcher, naive = Matcher(rules), Naive(rules)
    expected = [naive.hits(line) for line in lines]
    wrong = 0
    # Three passes: nothing is known, routes have settled, everything is remembered.
    for _ in range(3):
        found = dict(matcher.sift(lines))
        wrong += sum(found.get(number, ()) != hits for number, hits in enumerate(expected))
        wrong += sum(
            matcher.hits(orjson.loads(line)) != hits for line, hits in zip(lines, expected, strict=True)
        )
    fired = sum(map(bool, expected))
    print(f"{len(rules)} rules, {len(lines)} events, {naive.asked:,} pairs asked one by one, {fired} fire")
    print(f"{wrong} differences")
    return 1 if wrong else 0


class Naive:
    """Every rule asked of a record, with nothing remembered from record to record."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        interned = Interned()
        self._rules = [(rule.logsource, interned.compile(rule.tree)) for rule in rules]
        self.asked = 0

    def hits(self, line: bytes) -> tuple[int, ...]:
        record = orjson.loads(line)
        source, facts = origin(signature(record)), Facts(record, Memo())
        self.asked += len(self._rules)
        return tuple(
            number
            for number, (wanted, verdict) in enumerate(self._rules)
            if source.fits(wanted) and verdict(facts)
        )


def sigmahq() -> tuple[Rule, ...]:
    with tempfile.TemporaryDirectory() as folder, tarfile.open(DATA / "sigmahq.tar.gz") as archive:
        archive.extractall(folder, filter="data")
        paths = sorted(path for found in Path(folder).glob("rules*") for path in found.rglob("*.yml"))
        return load((path.as_posix(), path.read_text("utf-8")) for path in paths).rules


def windows() -> Iterator[bytes]:
    """Yield all shared Windows events."""
    rest = b""
    with pa.input_stream(str(DATA / "windows-otrf-full.ndjson.zst"), compression="zstd") as stream:
        while piece := stream.read(1 << 22):
            *lines, rest = (rest + piece).split(b"\n")
            yield from lines


def cloudtrail() -> list[bytes]:
    with gzip.open(DATA / "cloudtrail-invictus.ndjson.gz") as file:
        return file.read().splitlines()


def stratified(lines: Iterator[bytes], each: int) -> Iterator[bytes]:
    """Yield the first events of each kind."""
    seen: Counter[tuple[str, str]] = Counter()
    for line in lines:
        record = orjson.loads(line)
        kind = (str(record.get("Channel")), str(record.get("EventID")))
        seen[kind] += 1
        if seen[kind] <= each:
            yield line


if __name__ == "__main__":
    sys.exit(main())
