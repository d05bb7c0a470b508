"""Put the rows of lookup tables in the place of `%name%` (S23, E6)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.detection.problems import Place, RuleRejected
from tocsin.detection.sigma.document import Leaf, Plain
from tocsin.detection.sigma.extension import Lookup
from tocsin.detection.sigma.moments import ALWAYS, Interval, overlap
from tocsin.detection.sigma.predicates import Op, Predicate
from tocsin.detection.sigma.tables import LookupTable, Tables
from tocsin.detection.sigma.tree import All, Not, Tree

# Values that the placeholders of one written value may stand for.
MOST_EXPANDED = 100_000

_PLACEHOLDER = re.compile(r"%([^%\s]+)%")


@dataclass(frozen=True, slots=True)
class Expansion:
    """A value that a placeholder stands for, and when."""

    leaf: Leaf
    valid: Interval


class Placeholders:
    """The tables and calendars as one rule uses them.

    `asks_time` says that the rule's meaning depends on when an event happened.
    """

    def __init__(self, tables: Tables, lookups: Iterable[Lookup], place: Place) -> None:
        self._tables = tables
        self._lookups = {lookup.table: lookup for lookup in lookups if lookup.table}
        self._calendars = [lookup for lookup in lookups if lookup.inside or lookup.outside]
        self._place = place
        self._used: dict[str, str] = {}
        self.remarks: list[tuple[Place, str]] = []
        self.asks_time = False
        for name in self._lookups:
            self._table(name, place)

    @property
    def versions(self) -> tuple[tuple[str, str], ...]:
        """Return name and version of every table and calendar used so far; they belong to the rule's key."""
        return tuple(sorted(self._used.items()))

    def expand(self, leaf: Leaf) -> tuple[Expansion, ...]:
        """Return the values that a written value stands for; itself if it holds no placeholder.

        Raises RuleRejected for a placeholder that no table resolves.
        """
        text = leaf.value
        found = list(_PLACEHOLDER.finditer(text)) if isinstance(text, str) else []
        if not found or not isinstance(text, str):
            return (Expansion(leaf, ALWAYS),)
        heads: list[tuple[Plain, Interval]] = [("", ALWAYS)]
        end = 0
        for each in found:
            heads = self._joined(heads, text[end : each.start()], self._rows(each.group(1), leaf.place), leaf)
            end = each.end()
        rest = text[end:]
        self.asks_time = self.asks_time or any(valid != ALWAYS for _, valid in heads)
        return tuple(
            Expansion(Leaf(f"{head}{rest}" if rest else head, leaf.place), valid) for head, valid in heads
        )

    def _joined(
        self,
        heads: list[tuple[Plain, Interval]],
        between: str,
        rows: list[tuple[Plain, Interval]],
        leaf: Leaf,
    ) -> list[tuple[Plain, Interval]]:
        if len(heads) * len(rows) > MOST_EXPANDED:
            raise RuleRejected(
                leaf.place,
                f"The placeholders stand for more than {MOST_EXPANDED} values.",
                next_step="Use fewer placeholders in one value, or a smaller table.",
            )
        joined: list[tuple[Plain, Interval]] = []
        for head, valid in heads:
            for value, also in rows:
                both = overlap(valid, also)
                if both is not None:
                    # A value that stands alone keeps its type, so that numbers stay numbers.
                    joined.append((f"{head}{between}{value}" if f"{head}{between}" else value, both))
        return joined

    def _rows(self, name: str, place: Place) -> list[tuple[Plain, Interval]]:
        table = self._table(name, place)
        lookup = self._lookups.get(name, Lookup(table=name))
        column = lookup.key or table.key[0]
        if column not in table.columns:
            raise RuleRejected(
                self._place,
                f"The table `{name}` has no column `{column}`.",
                next_step=f"Use one of: {', '.join(table.columns)}.",
            )
        if not lookup.at_event_time and any(row.valid != ALWAYS for row in table.rows):
            self.remarks.append(
                (place, f"Rows of the table `{name}` begin or end, but all of them count at any time.")
            )
        return [
            (value, row.valid if lookup.at_event_time else ALWAYS)
            for row in table.rows
            if (value := row.cells.get(column)) is not None
        ]

    def _table(self, name: str, place: Place) -> LookupTable:
        table = self._tables.tables.get(name)
        if table is None:
            raise RuleRejected(
                place,
                f"The placeholder `%{name}%` is not resolved: there is no table of this name.",
                next_step=f"Put a table `{name}` into the `tables` folder of a pack.",
            )
        self._used[f"table {name}"] = table.version
        return table

    def timed(self, tree: Tree) -> Tree:
        """Return a rule's tree with the calendars it asks for. Raises RuleRejected for an unknown one."""
        branches = [tree]
        for lookup in self._calendars:
            if lookup.inside:
                branches.append(self._calendar(lookup.inside))
            if lookup.outside:
                branches.append(Not(self._calendar(lookup.outside)))
        return All(tuple(branches)) if len(branches) > 1 else tree

    def _calendar(self, name: str) -> Predicate:
        calendar = self._tables.calendars.get(name)
        if calendar is None:
            raise RuleRejected(
                self._place,
                f"There is no calendar `{name}`.",
                next_step=f"Put a calendar `{name}` into the `calendars` folder of a pack.",
            )
        self._used[f"calendar {name}"] = calendar.version
        self.asks_time = True
        return Predicate(None, Op.CALENDAR, calendar.to_text())
