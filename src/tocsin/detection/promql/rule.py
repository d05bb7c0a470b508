"""The nouns of a rule file: groups of recording and alerting rules."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from tocsin.detection.problems import Place
from tocsin.detection.promql.syntax import Expr
from tocsin.detection.promql.templates import Template

_KEY_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRule:
    """An expression whose result becomes series of a new name."""

    name: str
    expr: Expr
    expr_text: str
    labels: tuple[tuple[str, str], ...]
    place: Place

    @property
    def key(self) -> str:
        """Return what the rule is remembered by: it changes when what it records changes."""
        return _key("record", self.name, self.expr_text, *(part for pair in self.labels for part in pair))


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertingRule:
    """An expression whose result is what is wrong, and how long it must be wrong before somebody is told."""

    name: str
    expr: Expr
    expr_text: str
    for_ms: int
    keep_firing_for_ms: int
    labels: tuple[tuple[str, Template], ...]
    annotations: tuple[tuple[str, Template], ...]
    place: Place

    @property
    def key(self) -> str:
        """Return what the rule is remembered by: other annotations do not make it another rule."""
        labels = (part for name, template in self.labels for part in (name, template.text))
        return _key("alert", self.name, self.expr_text, str(self.for_ms), *labels)


PromRule = RecordingRule | AlertingRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rules evaluated one after the other, at one interval. `limit` 0 is none."""

    path: str
    name: str
    interval_ms: int
    limit: int
    rules: tuple[PromRule, ...]

    @property
    def key(self) -> str:
        """Return what the group is remembered by."""
        return f"{self.path};{self.name}"


def _key(*parts: str) -> str:
    joined = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "replace")).hexdigest()[:_KEY_DIGITS]
