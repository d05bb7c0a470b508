"""Sigma filters: conditions of an operator that are added to rules written by others (S35, S36)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from tocsin.detection.problems import Place, RuleRejected
from tocsin.detection.sigma import condition
from tocsin.detection.sigma.document import Leaf, Table, plain
from tocsin.detection.sigma.header import Header, header, table_of, texts_of
from tocsin.detection.sigma.logsource import LogSource
from tocsin.detection.sigma.placeholders import Placeholders
from tocsin.detection.sigma.rule import Rule, fingerprint, log_source
from tocsin.detection.sigma.scalars import place_of
from tocsin.detection.sigma.selections import Selections
from tocsin.detection.sigma.tables import NO_TABLES, Tables
from tocsin.detection.sigma.tree import All, Tree, timeless

ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A condition for the rules of a log source; `rules` names them, empty means any."""

    header: Header
    key: str
    logsource: LogSource
    rules: tuple[str, ...]
    rules_place: Place
    tree: Tree
    asks_time: bool
    remarks: tuple[tuple[Place, str], ...]

    def covers(self, rule: Rule, words: frozenset[str]) -> bool:
        """Say whether the filter is for a rule known by `words`: by its log source and by its name."""
        mine, its = self.logsource, rule.logsource
        return (
            mine.product in ("", its.product)
            and mine.service in ("", its.service)
            and mine.category in ("", its.category)
            and (not self.rules or not words.isdisjoint(self.rules))
        )


def read(table: Table, path: str, tables: Tables = NO_TABLES) -> Filter:
    """Read a filter. Raises RuleRejected at the place of the first fault."""
    head = header(table, path)
    section = table_of(table, "filter")
    source = log_source(table)
    placeholders = Placeholders(tables, (), section.place)
    reader = Selections(placeholders, strip_spaces=source.product == "windows")
    tree = reader.tree(
        Table(tuple(each for each in section.entries if each[0].value != "rules"), section.place)
    )
    return Filter(
        header=head,
        key=fingerprint(plain(section), *placeholders.versions),
        logsource=source,
        rules=_rules(section),
        rules_place=place_of(section, "rules"),
        tree=tree,
        asks_time=placeholders.asks_time,
        remarks=(*reader.remarks, *placeholders.remarks, *_polarity(section)),
    )


def _rules(section: Table) -> tuple[str, ...]:
    node = section.get("rules")
    if node is None:
        raise RuleRejected(
            section.place,
            "The filter does not say for which `rules` it is.",
            next_step="List their ids or names, or write `rules: any`.",
        )
    rules = texts_of(section, "rules")
    return () if isinstance(node, Leaf) and str(node.value).lower() == ANY else rules


def _polarity(section: Table) -> tuple[tuple[Place, str], ...]:
    """Remark a condition without `not`: it is added as it is written, so it narrows rules to that."""
    node = section.get("condition")
    if not isinstance(node, Leaf) or "not" in condition.operators(str(node.value)):
        return ()
    return ((node.place, "The filter's condition has no `not`, so rules hold only for what it describes."),)


def applied(rule: Rule, words: frozenset[str], filters: Iterable[Filter]) -> Rule:
    """Return a rule with the filters that are for it; each is joined by AND as it is written (S35)."""
    mine = tuple(each for each in filters if each.covers(rule, words))
    if not mine:
        return rule
    tree = All((rule.timed or rule.tree, *(each.tree for each in mine)))
    asks_time = rule.timed is not None or any(each.asks_time for each in mine)
    return replace(
        rule,
        key=fingerprint(rule.key, sorted(each.key for each in mine)),
        tree=timeless(tree) if asks_time else tree,
        timed=tree if asks_time else None,
    )


def misdirected(found: Filter, rules: Mapping[str, Rule], correlations: Iterable[str]) -> RuleRejected | None:
    """Return why a filter cannot be used: it names no rule that is loaded, or a correlation (S36)."""
    counted = frozenset(correlations)
    for word in found.rules:
        if word in counted:
            return RuleRejected(
                found.rules_place,
                f"The filter names `{word}`, which is a correlation; filters are for detection rules.",
                next_step="Name the rules that the correlation names.",
            )
        if word not in rules:
            return RuleRejected(
                found.rules_place,
                f"The filter names the rule `{word}`, which is not loaded.",
                next_step="Load the rule of that name or id, or correct the name.",
            )
    return None
