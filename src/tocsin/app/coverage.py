"""Says which ATT&CK techniques and log sources are covered: by a rule, by its data, by its tests."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.detection.rules import RuleSet
from tocsin.detection.sigma.header import Header
from tocsin.detection.sigma.logsource import LogSource, origin, signature
from tocsin.detection.testing import closure
from tocsin.detection.testing.result import Result
from tocsin.domain.signal import Signal

LAYER_VERSIONS = {"attack": "17", "navigator": "5.1.0", "layer": "4.5"}
"""The form of https://github.com/mitre-attack/attack-navigator/blob/master/layers/spec/v4.5/layerv4.5.md."""

_TECHNIQUE = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)\Z", re.IGNORECASE)
_SCORES = {"none": 0, "rule": 1, "tested": 2, "data": 3, "whole": 4}

Sighted = Mapping[tuple[object, ...], int]
"""How many signals were seen of each kind of record (`logsource.signature`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covering:
    """One rule: what it covers, whether its data was seen, whether its tests pass.

    A correlation has the log sources of all rules below it and needs data of each. `is_tested` asks for at
    least one passing test that wants an alert, and none that fails.
    """

    rule_id: str
    title: str
    techniques: tuple[str, ...]
    sources: tuple[LogSource, ...]
    has_data: bool
    is_tested: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """A technique or a log source: how many rules there are, how many see data, are tested, are both."""

    name: str
    rules: int
    with_data: int
    tested: int
    whole: int

    @property
    def state(self) -> str:
        """Return the best that can be said: `whole`, `data`, `tested` or `rule`."""
        if self.whole:
            return "whole"
        return "data" if self.with_data else "tested" if self.tested else "rule"


def sighted(signals: Iterable[Signal]) -> Counter[tuple[object, ...]]:
    """Count signals by their kind."""
    return Counter(signature(signal.record) for signal in signals)


def coverings(rules: RuleSet, results: Iterable[Result], seen: Sighted) -> tuple[Covering, ...]:
    """Return what each rule that can raise an alert covers; rules that only feed others are left out."""
    passing, failing = _tested(results)
    origins = [origin(signed) for signed in seen]
    silent = closure.silent(rules)
    found = []
    for head in (*(each.header for each in rules.rules), *(each.header for each in rules.correlations)):
        label = head.label
        if label in silent:
            continue
        part = closure.needed(rules, [label])
        sources = tuple(sorted({rule.logsource for rule in part.rules}, key=named))
        found.append(
            Covering(
                rule_id=label,
                title=head.title,
                techniques=techniques(head),
                sources=sources,
                has_data=all(any(known.fits(wanted) for known in origins) for wanted in sources),
                is_tested=label in passing and label not in failing,
            )
        )
    return tuple(found)


def techniques(header: Header) -> tuple[str, ...]:
    """Return the techniques that a rule's tags name, such as `T1562.008`."""
    found = (_TECHNIQUE.match(tag) for tag in header.tags)
    return tuple(sorted({match[1].upper() for match in found if match}))


def by_technique(covering: Collection[Covering]) -> tuple[Covered, ...]:
    """Return the coverage of each technique that a rule names, in order."""
    names = sorted({name for each in covering for name in each.techniques})
    return tuple(_covered(name, [each for each in covering if name in each.techniques]) for name in names)


def by_source(covering: Collection[Covering]) -> tuple[Covered, ...]:
    """Return the coverage of each log source that a rule asks for, in order."""
    names = sorted({named(source) for each in covering for source in each.sources})
    return tuple(
        _covered(name, [each for each in covering if name in map(named, each.sources)]) for name in names
    )


def named(source: LogSource) -> str:
    """Return a log source as one word, such as `aws/cloudtrail`."""
    return "/".join(part for part in (source.product, source.category, source.service) if part) or "any"


def layer(covered: Iterable[Covered], *, name: str = "Tocsin") -> dict[str, Any]:
    """Return a layer for the ATT&CK Navigator: score 1 a rule, 2 tested, 3 with data, 4 tested with data."""
    return {
        "name": name,
        "versions": LAYER_VERSIONS,
        "domain": "enterprise-attack",
        "description": "1 a rule exists, 2 it is tested, 3 its data comes in, 4 tested with data.",
        "techniques": [
            {
                "techniqueID": each.name,
                "score": _SCORES[each.state],
                "comment": f"{each.rules} rules, {each.with_data} with data, {each.tested} tested",
                "enabled": True,
            }
            for each in covered
        ],
        "gradient": {"colors": ["#fbe3b3", "#1b7f4b"], "minValue": 1, "maxValue": _SCORES["whole"]},
    }


def _covered(name: str, rules: Collection[Covering]) -> Covered:
    return Covered(
        name=name,
        rules=len(rules),
        with_data=sum(each.has_data for each in rules),
        tested=sum(each.is_tested for each in rules),
        whole=sum(each.has_data and each.is_tested for each in rules),
    )


def _tested(results: Iterable[Result]) -> tuple[set[str], set[str]]:
    """Return the labels with a passing test that wants an alert, and those with one that fails."""
    passing: set[str] = set()
    failing: set[str] = set()
    for result in results:
        if not result.passed:
            failing.update(result.rules)
        elif result.fires:
            passing.update(result.rules)
    return passing, failing
