"""Tells the files of rules at a path from the tests, tables and settings that lie among them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.app.packs import RuleFile, is_test, rule_files_in

METRICS = "prometheus"
_RULES = "rules"
_NO_RULES = frozenset({"examples", "tests", "tables", "calendars", "drills", "runbooks"})
"""Folders of a pack, as `Packs` reads it, that hold no rules."""
_OF_RULES = frozenset({"title", "detection", "correlation", "logsource"})
_OF_TESTS = frozenset({"tests", "rule_files", "regression_tests_info"})
_TOP_KEY = re.compile(r"^([A-Za-z_]+)[ \t]*:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class RulePlaces:
    """The files of Sigma rules and those of Prometheus rules at some paths, in their order."""

    sigma: tuple[RuleFile, ...]
    metrics: tuple[RuleFile, ...]

    def packs(self) -> tuple[Path, ...]:
        """Return the folders built like packs in whose folder `rules` the Sigma rules lie."""
        above = (folder for file in self.sigma for folder in Path(file.path).parents)
        return tuple(dict.fromkeys(folder.parent for folder in above if folder.name == _RULES))


def sorted_out(places: Sequence[Path]) -> RulePlaces:
    """Find the rule files at paths (files, or folders as a whole) and tell by text which kind each is.

    Files of tests are left out. So is, in a folder that is built like a pack (it has a folder `rules`), what
    a pack has besides rules. What cannot be told counts as a Sigma rule, so that nothing broken is skipped.
    """
    sigma: list[RuleFile] = []
    metrics: list[RuleFile] = []
    for place in places:
        for file in rule_files_in(place):
            path, keys = Path(file.path), top_keys(file)
            if _is_metric(path, keys):
                metrics.append(file)
            elif not (holds_tests(path, keys) or _is_of_pack(path, place, keys)):
                sigma.append(file)
    return RulePlaces(tuple(sigma), tuple(metrics))


def top_keys(file: RuleFile) -> frozenset[str]:
    """Return the keys at the top of a file's text, broken YAML or not; none of a file without text."""
    return frozenset(_TOP_KEY.findall(file.text)) if isinstance(file.text, str) else frozenset()


def holds_tests(path: Path, keys: frozenset[str]) -> bool:
    """Say whether a file with these top keys is one of tests: ours, SigmaHQ's or promtool's."""
    return is_test(path) or (bool(keys & _OF_TESTS) and not keys & _OF_RULES)


def _is_metric(path: Path, keys: frozenset[str]) -> bool:
    if keys & _OF_RULES or holds_tests(path, keys):
        return False
    return "groups" in keys or path.parent.name == METRICS


def _is_of_pack(path: Path, place: Path, keys: frozenset[str]) -> bool:
    """Say whether a file is a pack's, below `place`, and lies where a pack has no rules."""
    for folder in path.parents:
        if not folder.is_relative_to(place):
            return False
        if (folder / _RULES).is_dir():
            inside = path.relative_to(folder).parts
            return inside[0] in _NO_RULES or (len(inside) == 1 and not keys & _OF_RULES)
    return False
