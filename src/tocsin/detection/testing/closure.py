"""Finds what one test needs of a rule set: the rules it names and what their correlations refer to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tocsin.detection.rules import RuleSet
from tocsin.detection.sigma.correlation import Correlation
from tocsin.detection.sigma.header import Header
from tocsin.detection.sigma.logsource import LogSource
from tocsin.detection.sigma.rule import Rule

Either = Rule | Correlation


class Unknown(Exception):
    """A name that no loaded rule has."""


def named(rule_set: RuleSet) -> dict[str, Either]:
    """Return every rule and correlation by id, name and title; where two share a title, the first."""
    found: dict[str, Either] = {}
    everything: tuple[Either, ...] = (*rule_set.rules, *rule_set.correlations)
    for each in everything:
        for word in (each.header.id, each.header.name):
            if word:
                found[word] = each
    for each in everything:
        found.setdefault(each.header.title, each)
    return found


def needed(rule_set: RuleSet, words: Iterable[str]) -> RuleSet:
    """Return the rule set without what the rules of these names do not need. Raises `Unknown`."""
    known = named(rule_set)
    pending = list(words)
    kept: set[str] = set()
    while pending:
        word = pending.pop()
        if word not in known:
            raise Unknown(word)
        each = known[word]
        if each.key not in kept:
            kept.add(each.key)
            pending += references(each)
    return replace(
        rule_set,
        rules=tuple(rule for rule in rule_set.rules if rule.key in kept),
        correlations=tuple(each for each in rule_set.correlations if each.key in kept),
    )


def references(each: Either) -> tuple[str, ...]:
    """Return the names of the rules that a rule is made from; none for a detection rule."""
    if isinstance(each, Rule):
        return ()
    ratio = each.extensions.ratio
    return (*each.rules, *(ratio.of if ratio else ()))


def silent(rule_set: RuleSet) -> frozenset[str]:
    """Return the labels of rules that only feed correlations and raise no alert of their own (S33)."""
    known = named(rule_set)
    fed = {word for each in rule_set.correlations for word in references(each)}
    loud = {word for each in rule_set.correlations if each.generate for word in references(each)}
    return frozenset(known[word].header.label for word in fed - loud if word in known)


def sources(rule_set: RuleSet) -> dict[str, LogSource]:
    """Return the log sources of the detection rules by every name a rule has."""
    return {word: rule.logsource for rule in rule_set.rules for word in _words(rule.header)}


def _words(head: Header) -> tuple[str, ...]:
    return tuple(word for word in (head.name, head.id, head.title) if word)
