"""Real Windows lines that happen now, and the rules they are judged by, for the bench of the live path."""

from __future__ import annotations

import gzip
import re
import tarfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
MARKED = """\
title: Marked by the bench
id: 5d0cf2a6-0000-4000-8000-00000000be7c
name: bench_mark
logsource: {category: bench}
detection: {selection: {BenchMark|exists: true}, condition: selection}
level: informational
---
title: A mark of the bench
id: 5d0cf2a6-0000-4000-8000-00000000be7d
correlation:
  type: event_count
  rules: [bench_mark]
  group-by: [BenchMark]
  timespan: 1m
  condition: {gte: 1}
level: high
"""


class Stamped:
    """Real lines whose own time can be replaced, so that they happen now."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        stamp = re.compile(rb'"@timestamp":"[^"]*"')
        self._parts = [stamp.split(line, maxsplit=1) for line in lines if stamp.search(line)]

    def lines(self, begin: datetime, *, per_second: int) -> list[bytes]:
        """Return all lines, as if so many had happened each second from `begin`."""
        step = timedelta(seconds=1) / per_second
        return [b for n in range(len(self._parts)) for b in self.batch(n, 1, begin + n * step)]

    def batch(self, start: int, count: int, at: datetime) -> list[bytes]:
        """Return some lines, beginning again at the end, that happened at one time."""
        stamp = b'"@timestamp":"%b"' % at.isoformat().encode()
        chosen = (self._parts[place % len(self._parts)] for place in range(start, start + count))
        return [head + stamp + tail for head, tail in chosen]


def windows_rules(folder: Path) -> Path:
    """Unpack SigmaHQ's rules for Windows into a pack, beside our own for the marked lines."""
    rules = folder / "rules"
    with tarfile.open(DATA / "sigmahq.tar.gz") as archive:
        wanted = [
            member
            for member in archive.getmembers()
            if re.match(r"rules(?!-placeholder)[^/]*/", member.name) and member.name.endswith(".yml")
        ]
        archive.extractall(rules, members=wanted, filter="data")
    for path in list(rules.rglob("*.yml")):
        if not re.search(rb"product:\s*windows", path.read_bytes()):
            path.unlink()
    (rules / "marked.yml").write_text(MARKED)
    return folder


def otrf(count: int) -> list[bytes]:
    """Return the 40,000 real Windows events, or an even sample of them."""
    with gzip.open(DATA / "windows-otrf.ndjson.gz") as file:
        lines = file.read().splitlines()
    return lines[:: max(1, len(lines) // count)][:count]
