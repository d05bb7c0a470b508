"""SigmaHQ's regression data: event logs, the rule that each must fire, and how often it says it does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from ruamel.yaml import YAML

from tocsin.connectors.evtx.flat import flat
from tocsin.connectors.signals.formats import parse

EXCEPTIONS: Mapping[str, tuple[int, str]] = {
    "0b9ad457-2554-44c1-82c2-d56a99c42377": (
        3,
        "1 is stated; AnyDesk wrote user.conf.new twice and user.conf~RF2d9c20d.TMP once; both are named.",
    ),
    "8fbf3271-1ef6-4e94-8210-03c2317947f6": (
        3,
        "1 is stated; procdump.exe, procdump64.exe and procdump64a.exe were unpacked; the rule names all.",
    ),
    "45e112d0-7759-4c2a-aa36-9f8fb79d3393": (
        3,
        "1 is stated; the zones of https, http and * of one domain were set, and none is filtered out.",
    ),
    "c7dcacd0-cc59-4004-b0a4-1d6cdebe6f3e": (
        2,
        "1 is stated; AutoShareServer and AutoShareWks were both set to 0, and the rule names both.",
    ),
}
"""Rules whose stated count is not the number of events that match: what we count, and why."""


@dataclass(frozen=True, slots=True)
class Case:
    """One event log with the rule it must fire; `stated` is the count its author gives, if any."""

    rule: str
    title: str
    log: Path
    stated: int | None

    @property
    def wanted(self) -> int | None:
        """Return how often the rule has to fire, None where at least once is all that is said."""
        return EXCEPTIONS[self.rule][0] if self.rule in EXCEPTIONS else self.stated

    def records(self) -> tuple[dict[str, Any], ...]:
        """Read the event log as a user's would be. Raises `AssertionError` if anything of it is refused."""
        parsed = parse("evtx", self.log.read_bytes())
        assert parsed.refused == (), f"{self.log}: {parsed.refused[0].reason}"
        return tuple(orjson.loads(line) for line in parsed.lines)

    def twins(self) -> tuple[dict[str, Any], ...]:
        """Read the log's JSON twin: one document, a list, or several documents in a row."""
        text, decoder, at = self.log.with_suffix(".json").read_text("utf-8").strip(), json.JSONDecoder(), 0
        found: list[Any] = []
        while at < len(text):
            document, at = decoder.raw_decode(text, at)
            found.extend(document if isinstance(document, list) else [document])
            at += len(text[at:]) - len(text[at:].lstrip())
        return tuple(flat(document["Event"]) for document in found)


def cases(root: Path) -> Iterator[Case]:
    """Yield every case with an event log, by path; `root` holds `regression_data`."""
    for path in sorted(root.glob("regression_data/**/info.yml")):
        told = YAML(typ="safe").load(path)
        rule = told["rule_metadata"][0]
        for case in told.get("regression_tests_info", ()):
            if case["type"] == "evtx":
                yield Case(rule["id"], rule["title"], root / case["path"], case.get("match_count"))
