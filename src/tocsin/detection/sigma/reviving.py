"""Read the aggregations that Sigma dropped (`| count() by x > 5`, `| near y`) as the correlations they meant.

The old syntax: https://github.com/SigmaHQ/sigma-specification/blob/version_1/Sigma_specification.md#aggregations
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tocsin.detection.problems import Place, RuleRejected
from tocsin.detection.sigma.document import Leaf, Node, Plain, Series, Table
from tocsin.detection.sigma.header import text_of
from tocsin.detection.sigma.tree import All, Not, Tree

# What a rule without a `timeframe` means: a day, as most rules that count values say. Things that are `near`
# each other belong to one action, and five minutes is the longest that such rules say.
SPAN_OF_COUNTS = "1d"
SPAN_OF_NEAR = "5m"

_TYPES = {"sum": "value_sum", "avg": "value_avg"}
_BOUNDS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte", "=": "eq", "==": "eq"}
_SMALL = ("lt", "lte")

# What is read with these has single spaces, so none of them can try many ways.
_COUNTED = re.compile(
    r"(?P<function>[a-z]+) ?\((?P<field>[^()]*)\)(?: by (?P<groups>[^<>=]+))?"
    r" ?(?P<bound>[<>]=?|==?) ?(?P<number>[0-9]{1,9}(?:\.[0-9]{1,9})?)\Z"
)
_NEAR = "near "
_TERM = re.compile(r"(?P<not>not )?(?P<word>[^\s()|]+)\Z")
# What separates words in a condition may not stand in the name of a rule that a condition speaks of.
_SEPARATORS = re.compile(r"[\s()|]+")

# What the rule that is counted keeps of the old one; the rest is the correlation's.
_OF_THE_COUNTED = ("title", "description", "author", "references", "license", "logsource", "tocsin.lookup")
_NOT_OF_THE_CORRELATION = ("logsource", "detection", "tocsin.lookup")


@dataclass(frozen=True, slots=True, kw_only=True)
class Revival:
    """A rule of the old syntax as documents of today: what is counted, and the correlation that counts.

    The correlation keeps the rule's id, title, author and level. `reading` is a sentence that says how the
    condition at `place` was understood.
    """

    counted: tuple[Table, ...]
    correlation: Table
    place: Place
    reading: str


def revival(table: Table) -> Revival | None:
    """Return what a rule of the old syntax means today, or None if its condition has no `|`.

    Raises RuleRejected where the old syntax asks for what no correlation can do.
    """
    detection = table.get("detection")
    written = detection.get("condition") if isinstance(detection, Table) else None
    if (
        not isinstance(detection, Table)
        or not isinstance(written, Leaf)
        or not isinstance(written.value, str)
        or "|" not in written.value
    ):
        return None
    searched, _, behind = written.value.partition("|")
    old = _Old(table, detection, Leaf(searched.rstrip(), written.place))
    aggregation = " ".join(behind.split())
    if aggregation.startswith(_NEAR):
        return old.near(aggregation.removeprefix(_NEAR))
    counted = _COUNTED.match(aggregation)
    if counted is None:
        raise RuleRejected(
            written.place,
            f"The aggregation `| {aggregation}` cannot be read.",
            next_step="Write it as `| count(field) by group > 5`, or better as a correlation rule.",
        )
    return old.count(counted, aggregation)


def refuse_what_never_holds(tree: Tree, place: Place) -> None:
    """Raise RuleRejected for a condition that asks one record for something and its contrary.

    The old syntax was also used for "one record with and one without", which no condition can say.
    """
    asked = set(_asked(tree))
    if any(isinstance(each, Not) and asked.issuperset(_asked(each.branch)) for each in asked):
        raise RuleRejected(
            place,
            "The condition asks one record for something and its contrary, so it never holds.",
            next_step="Make two rules of it, and a `temporal` correlation of both.",
        )


def _asked(tree: Tree) -> Iterator[Tree]:
    """Yield everything that must hold at once."""
    if isinstance(tree, All):
        for branch in tree.branches:
            yield from _asked(branch)
    else:
        yield tree


class _Old:
    """One rule of the old syntax: its document, its detection, and what stands before the `|`."""

    def __init__(self, table: Table, detection: Table, searched: Leaf) -> None:
        self._table = table
        self._detection = detection
        self._searched = searched
        self._place = searched.place
        label = next(filter(None, (text_of(table, key) for key in ("id", "name", "title"))), "")
        self._stem = _SEPARATORS.sub("_", label)

    def count(self, found: re.Match[str], aggregation: str) -> Revival:
        function, field, bound = found["function"], found["field"].strip(), _BOUNDS[found["bound"]]
        kind = self._type(function, field)
        number = float(found["number"])
        self._refuse_nothing(bound, number)
        groups = [each.strip() for each in (found["groups"] or "").split(",") if each.strip()]
        condition: list[tuple[str, Node]] = [("field", self._leaf(field))] if field else []
        condition.append((bound, self._leaf(int(number) if number.is_integer() else number)))
        span, remark = self._span(SPAN_OF_COUNTS)
        # A small number is only known when the time is over; at the first signal every count is small.
        waits = bound in _SMALL
        return self._revival(
            [self._searched],
            [
                ("type", self._leaf(kind)),
                *([("group-by", self._series(groups))] if groups else []),
                ("timespan", span),
                ("condition", self._map(condition)),
            ],
            extra=[("tocsin.for", span)] if waits and self._table.get("tocsin.for") is None else [],
            reading=f"`| {aggregation}` is read as the correlation `{kind}`"
            + (f" of {field}" if field else "")
            + (f" by {', '.join(groups)}" if groups else "")
            + f", {bound} {found['number']} within {span.value}"
            + (", told when that time is over" if waits else "")
            + f".{remark}",
        )

    def near(self, words: str) -> Revival:
        searched, names = [self._searched], [self._name(1)]
        expression = names[0]
        for number, (is_absent, word) in enumerate(self._terms(words), start=2):
            searched.append(self._leaf(word))
            names.append(self._name(number))
            expression += f" and {'not ' if is_absent else ''}{names[-1]}"
        span, remark = self._span(SPAN_OF_NEAR)
        return self._revival(
            searched,
            [
                ("type", self._leaf("temporal")),
                ("timespan", span),
                ("condition", self._leaf(expression)),
            ],
            reading=f"`| near {words}` is read as the correlation `temporal` of {len(names)} parts "
            f"within {span.value}.{remark}",
        )

    def _revival(
        self,
        searched: Sequence[Leaf],
        section: Sequence[tuple[str, Node]],
        *,
        reading: str,
        extra: Sequence[tuple[str, Node]] = (),
    ) -> Revival:
        rules = self._series([self._name(number) for number, _ in enumerate(searched, start=1)])
        kept = [(key, node) for key, node in self._table.entries if key.value not in _NOT_OF_THE_CORRELATION]
        correlation = self._map([*section[:1], ("rules", rules), *section[1:]])
        added = self._map([("correlation", correlation), *extra])
        return Revival(
            counted=tuple(self._counted(each, number) for number, each in enumerate(searched, start=1)),
            correlation=Table((*kept, *added.entries), self._table.place),
            place=self._place,
            reading=reading,
        )

    def _counted(self, searched: Leaf, number: int) -> Table:
        """Return the rule whose signals are counted: the old one's selections with their own condition."""
        kept = [(key, node) for key, node in self._table.entries if key.value in _OF_THE_COUNTED]
        selections = [
            (key, node)
            for key, node in self._detection.entries
            if key.value not in ("timeframe", "condition")
        ]
        condition = (replace(searched, value="condition"), searched)
        detection = Table((*selections, condition), self._detection.place)
        own = self._map([("name", self._leaf(self._name(number))), ("detection", detection)])
        return Table((*kept, *own.entries), self._table.place)

    def _type(self, function: str, field: str) -> str:
        if function == "count":
            return "value_count" if field else "event_count"
        if function not in _TYPES or not field:
            raise RuleRejected(
                self._place,
                f"No correlation measures `{function}({field})`.",
                next_step="Write a selection such as `field|gt: 5` in place of `max` and `min`, "
                "or use count(), count(field), sum(field) or avg(field).",
            )
        return _TYPES[function]

    def _refuse_nothing(self, bound: str, number: float) -> None:
        if (bound == "lt" and number <= 1) or (bound in ("lte", "eq") and number < 1):
            raise RuleRejected(
                self._place,
                "The aggregation holds only when nothing happened, so that no signal could fire it.",
                next_step="Write a correlation with `condition: a and not b`, or watch its source.",
            )

    def _terms(self, words: str) -> Iterator[tuple[bool, str]]:
        for written in words.split(" and "):
            term = _TERM.match(written)
            if term is None or self._detection.get(term["word"]) is None:
                raise RuleRejected(
                    self._place,
                    f"`near {words}` cannot be read at `{written}`.",
                    next_step="Join names of selections by `and` and `and not`.",
                )
            yield term["not"] is not None, term["word"]

    def _span(self, default: str) -> tuple[Leaf, str]:
        node = self._detection.get("timeframe")
        if isinstance(node, Leaf):
            return node, ""
        if node is not None:
            raise RuleRejected(
                node.place, "`timeframe` must be text.", next_step="Write for example `timeframe: 10m`."
            )
        return self._leaf(default), f" It names no `timeframe`, so {default} is taken."

    def _name(self, number: int) -> str:
        return f"{self._stem}.part{number}"

    def _leaf(self, value: Plain) -> Leaf:
        return Leaf(value, self._place)

    def _series(self, values: Iterable[str]) -> Series:
        return Series(tuple(self._leaf(value) for value in values), self._place)

    def _map(self, entries: Iterable[tuple[str, Node]]) -> Table:
        return Table(tuple((self._leaf(key), node) for key, node in entries), self._place)
