"""Checks rules of both languages, Sigma's and Prometheus', as a server would load them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.app import hunting
from tocsin.app.packs import Packs, RuleFile
from tocsin.app.rule_places import sorted_out
from tocsin.detection.problems import RuleProblem
from tocsin.detection.promql.rule_files import RuleGroups, load
from tocsin.detection.rules import RuleSet


@dataclass(frozen=True, slots=True)
class Checked:
    """What could be loaded of some files of rules, and what could not."""

    rules: RuleSet
    metric_rules: RuleGroups

    @property
    def problems(self) -> tuple[RuleProblem, ...]:
        """Return why some rules could not be loaded."""
        return (*self.rules.problems, *self.metric_rules.problems)

    @property
    def loaded(self) -> int:
        """Return how many rules there are, correlations and metric rules among them."""
        metric = sum(len(group.rules) for group in self.metric_rules.groups)
        return len(self.rules.rules) + len(self.rules.correlations) + metric


def check(packs: Packs, places: Sequence[Path], names: Sequence[str]) -> Checked:
    """Load the rules at places and of packs; without either those in force.

    Raises `NotFound` for an unknown pack or a missing place, `NothingLoaded` where there is no rule at all.
    """
    rules = hunting.rules_for(packs, places, names)
    files = {file.path: file.text for file in _metric_files(packs, places, names)}
    found = Checked(rules, load(files.items()))
    if not found.problems and not found.loaded:
        hunting.demand_rules(rules)
    return found


def _metric_files(packs: Packs, places: Sequence[Path], names: Sequence[str]) -> tuple[RuleFile, ...]:
    if not places and not names:
        return tuple(packs.metric_rule_files())
    named = (file for name in names for file in packs.metric_rule_files(name))
    return (*sorted_out(places).metrics, *named)
