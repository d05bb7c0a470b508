"""Matching against another engine: SigmaHQ's rules in ours and in pySigma with its SQLite backend.

`python proofs/oracle_differential.py --folder DIR [--each N] [--rules N]`. Every rule is asked about every
event, whatever its log source, so that most pairs are not settled by routing: the shared Windows sample
(with `--each N` only the first N events of each channel and EventID) and CloudTrail. Ours answers three
times: lines sifted with all rules for all events, records asked one by one, and lines sifted as in
production, where the log source decides. What is done is kept in the folder, so a run that was stopped goes
on. Where the other engine is known to mean something else, a function below takes that away and says what
it is. Ends with 1 at any other difference.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sqlite3
import sys
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from sigma.backends.sqlite import sqliteBackend
from sigma.collection import SigmaCollection
from sigma.exceptions import SigmaError
from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
from sigma.processing.transformations import FieldMappingTransformation

from tocsin.detection.matching.matcher import Matcher
from tocsin.detection.rules import load
from tocsin.detection.sigma.logsource import LogSource, origin, signature
from tocsin.detection.sigma.rule import Rule

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
CHUNK = 2_000
FULLTEXT = "all_values"
ANYWHERE = LogSource()
# Two names that differ in case alone are one column for SQLite; the second one gets a column of its own.
SEPARATOR = "__case"


@dataclass(frozen=True, slots=True)
class Asked:
    """One rule on both sides; `queries` are the other engine's, one of which must hold, over `fields`."""

    rule: Rule
    queries: tuple[str, ...]
    fields: tuple[str, ...]


@dataclass
class Tally:
    """What the comparison came to."""

    events: int = 0
    pairs: int = 0
    common: int = 0
    routed: int = 0
    differences: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.events += other.events
        self.pairs += other.pairs
        self.common += other.common
        self.routed += other.routed
        self.differences += other.differences


def main() -> int:
    """Run the proof and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--each", type=int, default=0, help="events of each kind; 0 takes all")
    parser.add_argument("--rules", type=int, default=0, help="take only so many rules, evenly spread")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    texts = sigmahq(given.rules)
    asked, refused = both(texts, given.folder / f"queries-{given.rules}.json")
    print(f"{len(asked)} rules on both sides; {len(refused)} on one side or none:", flush=True)
    for line in refused:
        print(f"  {line}")
    results = given.folder / f"results-{given.each}-{given.rules}.jsonl"
    tally = compared(asked, chunks(given.each), results)
    print(
        f"{len(asked)} rules, {tally.events:,} events, {tally.pairs:,} pairs, {tally.common:,} common hits "
        f"({tally.routed:,} in the rule's own log source), {len(tally.differences)} differences"
    )
    return 1 if tally.differences or not tally.common else 0


def compared(asked: Sequence[Asked], parts: Iterator[tuple[str, list[bytes]]], results: Path) -> Tally:
    """Compare part by part; parts that are in the results already are not done again."""
    tally, done = Tally(), {}
    if results.exists():
        done = {line["part"]: line for line in map(orjson.loads, results.read_bytes().splitlines())}
    ours, begun = Ours([each.rule for each in asked]), time.monotonic()
    for name, lines in parts:
        kept = done.get(name)
        if kept is None:
            part = compare(asked, ours, lines)
            kept = {"part": name, **{key: getattr(part, key) for key in Tally.__dataclass_fields__}}
            with results.open("ab") as file:
                file.write(orjson.dumps(kept) + b"\n")
        kept.pop("part")
        tally.add(Tally(**kept))
        for difference in kept["differences"][:20]:
            print(f"  DIFFERENCE {name}: {difference}")
        passed = time.monotonic() - begun
        print(
            f"{name}: {tally.pairs:,} pairs, {tally.common:,} common hits, "
            f"{len(tally.differences)} differences, {passed:.0f} s",
            flush=True,
        )
    return tally


class Ours:
    """Our engine with all rules for all events, and as in production."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._everywhere = Matcher([replace(rule, logsource=ANYWHERE) for rule in rules])
        self._routed = Matcher(rules)
        self.rules = rules

    def ways(self, lines: Sequence[bytes]) -> dict[str, set[tuple[int, int]]]:
        """Return the pairs of event and rule that hold, found in each way."""
        everywhere = self._everywhere
        return {
            "sift": _pairs(everywhere.sift(lines)),
            "hits": _pairs((n, everywhere.hits(orjson.loads(line))) for n, line in enumerate(lines)),
            "routed": _pairs(self._routed.sift(lines)),
        }

    def fits(self, line: bytes) -> set[int]:
        """Return the rules that are for the log source of a line."""
        source = origin(signature(orjson.loads(line)))
        return {number for number, rule in enumerate(self.rules) if source.fits(rule.logsource)}


def _pairs(found: Any) -> set[tuple[int, int]]:
    return {(number, rule) for number, rules in found for rule in rules}


def compare(asked: Sequence[Asked], ours: Ours, lines: Sequence[bytes]) -> Tally:
    """Compare all rules with some events."""
    lines = [orjson.dumps(lists_as_text(orjson.loads(line))) for line in lines]
    expected = theirs(asked, [orjson.loads(line) for line in lines])
    ways = ours.ways(lines)
    fitting = {number: ours.fits(lines[number]) for number in {number for number, _ in expected}}
    routed = {(number, rule) for number, rule in expected if rule in fitting[number]}
    tally = Tally(len(lines), len(lines) * len(asked), len(expected & ways["sift"]), len(routed))
    for way, got in ways.items():
        wanted = routed if way == "routed" else expected
        for number, rule in sorted(wanted ^ got):
            who = "ours alone" if (number, rule) in got else "theirs alone"
            tally.differences.append(
                f"{way}, {who}: {asked[rule].rule.header.label}: {lines[number].decode()}"
            )
    return tally


def theirs(asked: Sequence[Asked], records: Sequence[Mapping[str, Any]]) -> set[tuple[int, int]]:
    """Return the pairs of event and rule that hold for the other engine."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.create_function("regexp", 2, regexp, deterministic=True)
        connection.create_function("numeric", 1, numeric, deterministic=True)
        fill(connection, sorted({name for each in asked for name in each.fields} - {FULLTEXT}), records)
        return {
            (row - 1, number)
            for number, each in enumerate(asked)
            for query in each.queries
            for (row,) in connection.execute(query)
        }
    finally:
        connection.close()


def fill(
    connection: sqlite3.Connection, columns: Sequence[str], records: Sequence[Mapping[str, Any]]
) -> None:
    """Make the table of one batch of events, with a column for each field that a rule names."""
    names = ", ".join(f"`{name}` TEXT COLLATE NOCASE" for name in (*columns, FULLTEXT))
    connection.execute(f"CREATE TABLE logs ({names})")
    fields = [name.partition(SEPARATOR)[0] for name in columns]
    marks = ", ".join("?" * (len(columns) + 1))
    connection.executemany(
        f"INSERT INTO logs VALUES ({marks})",
        ((*(_value(record, name) for name in fields), fulltext(record)) for record in records),
    )


def _value(record: Any, path: str) -> str | None:
    if not isinstance(record, dict):
        return None
    if path in record:
        return _text(record[path])
    head, dot, rest = path.partition(".")
    return _value(record.get(head), rest) if dot else None


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return orjson.dumps(value).decode()
    return str(value)


def fulltext(record: Any) -> str:
    """Return all values of a record, one behind the other."""
    return "\n".join(_leaves(record))


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif (text := _text(value)) is not None:
        yield text


def regexp(pattern: str, value: str | None) -> bool:
    """Search a pattern, as SQLite asks for it; a missing value holds nothing."""
    return value is not None and re.search(pattern, value) is not None


def both(texts: Mapping[str, str], cache: Path) -> tuple[list[Asked], list[str]]:
    """Return the rules that both sides can read, and what is with the others."""
    loaded = load(texts.items())
    rules = {rule.header.id: rule for rule in loaded.rules}
    if not cache.exists():
        cache.write_bytes(orjson.dumps(converted(texts)))
    stored = orjson.loads(cache.read_bytes())
    asked = [
        Asked(rules[number], tuple(entry["queries"]), tuple(entry["fields"]))
        for number, entry in stored["rules"].items()
        if number in rules
    ]
    refused = [f"ours: {problem.rule}: {problem.reason}" for problem in loaded.problems]
    refused += [f"theirs: {each}" for each in stored["refused"]]
    return asked, refused


def converted(texts: Mapping[str, str]) -> dict[str, Any]:
    """Convert every rule to queries; names that differ in case alone are kept apart."""
    fields: set[str] = set()
    refused: list[str] = []
    for final in (False, True):
        pipeline = kept_apart(fields) if final else None
        found: dict[str, Any] = {}
        for path, text in texts.items():
            backend = sqliteBackend(pipeline, fulltext_field=FULLTEXT)
            try:
                entries = json.loads(backend.convert(SigmaCollection.from_yaml(text), "zircolite"))
            except SigmaError as error:
                refused += [f"{path}: {error}"] if final else []
                continue
            entry = entries[0]
            fields.update(entry["required_fields"])
            queries = [numbers_as_numbers(_rows(query)) for each in entries for query in each["rule"]]
            found[entry["id"]] = {"queries": queries, "fields": entry["required_fields"]}
        if final:
            return {"rules": found, "refused": refused}
    raise AssertionError("the loop returns")


def _rows(query: str) -> str:
    return query.replace("SELECT * FROM logs WHERE ", "SELECT rowid FROM logs WHERE ", 1)


def kept_apart(fields: set[str]) -> ProcessingPipeline:
    """Return a pipeline that gives names which differ in case alone columns of their own."""
    seen: dict[str, int] = {}
    renamed = {}
    for name in sorted(fields):
        number = seen[name.lower()] = seen.get(name.lower(), 0) + 1
        if number > 1:
            renamed[name] = f"{name}{SEPARATOR}{number}"
    return ProcessingPipeline(items=[ProcessingItem(FieldMappingTransformation(renamed))])


# The known deviations.


def lists_as_text(value: Any) -> Any:
    """T11: a table has one value in a cell, so for both engines a list becomes its JSON text."""
    if isinstance(value, list):
        return orjson.dumps(value).decode()
    return {key: lists_as_text(inner) for key, inner in value.items()} if isinstance(value, dict) else value


_COMPARED = re.compile(r"(?<=[ (])([A-Za-z_][A-Za-z0-9_.]*|`[^`]+`) (<=?|>=?) (-?\d+(?:\.\d+)?)(?=[ )]|$)")


def numbers_as_numbers(query: str) -> str:
    """T10: text columns compare `"10" > 9` as text, so what is compared becomes a number first."""
    # Quoted text is left alone: it stands at the odd places between the quotes.
    parts = query.split("'")
    parts[::2] = [_COMPARED.sub(r"numeric(\1) \2 \3", part) for part in parts[::2]]
    return "'".join(parts)


def numeric(value: str | None) -> float | None:
    """Return the number that a text is in decimal, or nothing."""
    return float(value) if value is not None and re.fullmatch(r"-?\d+(\.\d+)?", value) else None


def sigmahq(most: int = 0) -> dict[str, str]:
    """Return the texts of SigmaHQ's live rules by path, evenly spread if there is a limit."""
    with tarfile.open(DATA / "sigmahq.tar.gz") as archive:
        members = [
            each
            for each in archive
            if re.search(r"^(?:[^/]+/)?rules[^/]*/", each.name.removeprefix("./"))
            and each.name.endswith(".yml")
            and "regression_data" not in each.name
        ]
        members.sort(key=lambda each: each.name)
        chosen = members[:: max(1, len(members) // most)][:most] if most else members
        return {each.name: archive.extractfile(each).read().decode() for each in chosen}  # type: ignore[union-attr]


def chunks(each: int) -> Iterator[tuple[str, list[bytes]]]:
    """Yield named parts of the shared events."""
    for name in ("windows-otrf", "cloudtrail-invictus"):
        with gzip.open(DATA / f"{name}.ndjson.gz") as file:
            lines = iter(stratified(file, each) if each else (line.rstrip(b"\n") for line in file))
            number = 0
            while part := list(islice(lines, CHUNK)):
                yield f"{name} {number}", part
                number += 1


def stratified(lines: Any, each: int) -> Iterator[bytes]:
    """Yield the first events of each kind."""
    seen: dict[tuple[str, ...], int] = {}
    for line in lines:
        record = orjson.loads(line)
        kind = tuple(str(record.get(name)) for name in ("Channel", "EventID", "eventName"))
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] <= each:
            yield line.rstrip(b"\n")


if __name__ == "__main__":
    sys.exit(main())
