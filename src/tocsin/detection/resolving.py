"""Join correlations with the rules they name, which may be correlations too; circles are told (S31, S32)."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tocsin.detection.problems import RuleProblem, RuleRejected
from tocsin.detection.sigma.correlation import Correlation
from tocsin.detection.sigma.header import Header
from tocsin.detection.sigma.rule import Rule, fingerprint
from tocsin.detection.sigma.tables import NO_TABLES, Tables

# Rules of a circle that its message spells out.
MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Resolved:
    """Correlations in an order where each stands behind those it names, and why the others could not be."""

    correlations: tuple[Correlation, ...]
    problems: tuple[RuleProblem, ...]


def words(head: Header) -> frozenset[str]:
    """Return every word under which a correlation or filter may name a rule: id and name, else the title."""
    # A rule without id and name is known by its title, so that its alerts and its state have an owner.
    return frozenset(word for word in (head.id, head.name) if word) or frozenset({head.title})


def references(correlation: Correlation) -> tuple[str, ...]:
    """Return the words of all rules that a correlation needs, each once."""
    ratio = correlation.extensions.ratio
    return tuple(dict.fromkeys((*correlation.rules, *(ratio.of if ratio else ()))))


def resolve(
    rules: Iterable[Rule], correlations: Sequence[Correlation], tables: Tables = NO_TABLES
) -> Resolved:
    """Return the correlations whose rules and tables are all there, with keys that cover what they name."""
    correlations, problems = _with_tables(correlations, tables)
    keys = {word: rule.key for rule in rules for word in words(rule.header)}
    owner = {word: number for number, each in enumerate(correlations) for word in words(each.header)}
    wanted = [_wanted(number, each, keys, owner) for number, each in enumerate(correlations)]
    done = []
    for number in _order(wanted):
        each = correlations[number]
        each = replace(each, key=fingerprint(each.key, [keys[word] for word in references(each)]))
        keys.update(dict.fromkeys(words(each.header), each.key))
        done.append(each)
    return Resolved(tuple(done), (*problems, *_problems(correlations, keys, owner)))


def _order(wanted: Sequence[set[int]]) -> Iterator[int]:
    """Yield numbers so that each stands behind those it wants; of several that may come the lowest first."""
    waiting: dict[int, list[int]] = {}
    for number, others in enumerate(wanted):
        for other in others:
            waiting.setdefault(other, []).append(number)
    left = [len(others) for others in wanted]
    ready = [number for number, count in enumerate(left) if not count]
    while ready:
        number = heapq.heappop(ready)
        yield number
        for follower in waiting.get(number, ()):
            left[follower] -= 1
            if not left[follower]:
                heapq.heappush(ready, follower)


def _with_tables(
    correlations: Sequence[Correlation], tables: Tables
) -> tuple[tuple[Correlation, ...], list[RuleProblem]]:
    """Return the correlations whose lookup tables are there, with keys that cover the tables' content."""
    found, problems = [], []
    for each in correlations:
        needed = _tables(each)
        absent = [name for name in needed if name not in tables.tables]
        if absent:
            error = RuleRejected(
                each.header.place,
                f"The correlation needs the table `{absent[0]}`, and there is none of this name.",
                next_step=f"Put a table `{absent[0]}` into the `tables` folder of a pack.",
            )
            problems.append(error.problem(path=each.header.path, rule=each.header.label))
            continue
        versions = [tables.tables[name].version for name in needed]
        found.append(replace(each, key=fingerprint(each.key, versions)) if versions else each)
    return tuple(found), problems


def _tables(correlation: Correlation) -> tuple[str, ...]:
    heartbeat, new_value = correlation.extensions.heartbeat, correlation.extensions.new_value
    inventory = (heartbeat.inventory,) if heartbeat else ()
    by = new_value.by if new_value else "exact"
    return inventory if by == "exact" or by.startswith("/") else (*inventory, by)


def _wanted(number: int, each: Correlation, keys: Mapping[str, str], owner: Mapping[str, int]) -> set[int]:
    """Return the correlations that must come before one; one that can never come stands for itself."""
    return {owner.get(word, number) for word in references(each) if word not in keys}


def _problems(
    correlations: Sequence[Correlation], keys: Mapping[str, str], owner: Mapping[str, int]
) -> tuple[RuleProblem, ...]:
    """Return why those could not be joined that name something without a key."""
    following = {}
    for number, each in enumerate(correlations):
        absent = [word for word in references(each) if word not in keys]
        if absent:
            following[number] = (absent[0], owner.get(absent[0]))
    circles = _circles({number: other for number, (_, other) in following.items() if other is not None})
    problems = []
    for number, (word, _) in following.items():
        each = correlations[number]
        problem = _circular(correlations, circles[number]) if number in circles else _absent(word)
        error = RuleRejected(each.rules_place, problem[0], next_step=problem[1])
        problems.append(error.problem(path=each.header.path, rule=each.header.label))
    return tuple(problems)


def _absent(word: str) -> tuple[str, str]:
    return (
        f"The correlation names the rule `{word}`, which is not loaded.",
        "Load the rule of that name or id beside it, or correct the name.",
    )


def _circular(correlations: Sequence[Correlation], circle: Sequence[int]) -> tuple[str, str]:
    names = [
        f"`{correlations[number].header.name or correlations[number].header.label}`" for number in circle
    ]
    shown = [*names[:MOST_NAMED], *(["..."] if len(names) > MOST_NAMED else []), names[0]]
    return (
        f"The correlations name each other in a circle: {' -> '.join(shown)}.",
        "Take one of them out of the other's `rules`.",
    )


def _circles(following: Mapping[int, int]) -> dict[int, list[int]]:
    """Return for every number on a circle the circle from there on."""
    circles: dict[int, list[int]] = {}
    seen: set[int] = set()
    for start in following:
        path: list[int] = []
        number: int | None = start
        while number is not None and number not in seen:
            seen.add(number)
            path.append(number)
            number = following.get(number)
        if number in path:
            circle = path[path.index(number) :]
            for place, member in enumerate(circle):
                circles[member] = circle[place:] + circle[:place]
    return circles
