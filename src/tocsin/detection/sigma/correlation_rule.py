"""One Sigma correlation rule: what is counted, by which keys, in which span (S26-S31, S33)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tocsin.detection.problems import Place, RuleRejected
from tocsin.detection.sigma.document import Leaf, Node, Table, plain
from tocsin.detection.sigma.header import Header, header, refuse_other_keys, table_of, text_of, texts_of
from tocsin.detection.sigma.rule import fingerprint

KINDS = ("event_count", "value_count")
LATER_KINDS = (
    *("temporal", "temporal_ordered", "value_sum", "value_avg", "value_percentile", "value_median"),
    *("extended_temporal", "temporal_extended"),
)
BOUNDS: dict[str, Callable[[int, int], bool]] = {
    "gt": lambda count, bound: count > bound,
    "gte": lambda count, bound: count >= bound,
    "lt": lambda count, bound: count < bound,
    "lte": lambda count, bound: count <= bound,
    "eq": lambda count, bound: count == bound,
    "neq": lambda count, bound: count != bound,
}

# Seconds. A month has 30 days and a year 365, because a sliding window needs one fixed length.
UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "M": 2_592_000, "y": 31_536_000}
LONGEST_SECONDS = 10 * UNITS["y"]
# A window keeps every signal it counts, so a bound is also a promise of memory.
HIGHEST_BOUND = 100_000

_SPAN = re.compile(r"([0-9]{1,9})([smhdwMy])\Z")
_KEYS = ("type", "rules", "group-by", "timespan", "condition", "aliases", "generate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """A correlation ready to be joined with the rules it names.

    `span` is in seconds. `bounds` must all hold. `field` is what value_count counts. `aliases` maps a
    group-by name to the field's name in each referenced rule. `key` is the digest of this document's own
    meaning; the rule set replaces it by one that covers the referenced rules too.
    """

    header: Header
    key: str
    kind: str
    rules: tuple[str, ...]
    rules_place: Place
    group_by: tuple[str, ...]
    span: int
    bounds: tuple[tuple[str, int], ...]
    field: str
    aliases: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    generate: bool

    def satisfied(self, count: int) -> bool:
        """Say whether a count fulfils every bound."""
        return all(BOUNDS[name](count, bound) for name, bound in self.bounds)


def read(table: Table, path: str) -> Correlation:
    """Read a correlation. Raises RuleRejected at the place of the first fault."""
    head = header(table, path)
    section = table_of(table, "correlation")
    refuse_other_keys(section, _KEYS)
    kind = _kind(section)
    bounds, field = _condition(section, kind)
    rules = texts_of(section, "rules")
    if not rules:
        raise RuleRejected(
            section.place, "The correlation names no `rules`.", next_step="List at least one rule."
        )
    group_by = texts_of(section, "group-by")
    return Correlation(
        header=head,
        key=fingerprint(head.label, plain(section)),
        kind=kind,
        rules=rules,
        rules_place=_place_of(section, "rules"),
        group_by=group_by,
        span=_span(section),
        bounds=bounds,
        field=field,
        aliases=_aliases(section, rules, group_by),
        generate=_generate(section),
    )


def seconds(text: str) -> int | None:
    """Return a timespan such as `10m` in seconds, or None if it isn't one (S28)."""
    found = _SPAN.match(text)
    return int(found.group(1)) * UNITS[found.group(2)] if found else None


def _place_of(table: Table, key: str) -> Place:
    node = table.get(key)
    return table.place if node is None else node.place


def _kind(section: Table) -> str:
    kind = text_of(section, "type")
    place = _place_of(section, "type")
    if kind in LATER_KINDS:
        raise RuleRejected(
            place,
            f"The correlation type `{kind}` is not supported yet by this version.",
            next_step=f"Use {' or '.join(KINDS)}, or keep the rule for a later version.",
        )
    if kind not in KINDS:
        raise RuleRejected(
            place, f"The correlation type `{kind}` is unknown.", next_step=f"Use {' or '.join(KINDS)}."
        )
    return kind


def _span(section: Table) -> int:
    span = seconds(text_of(section, "timespan"))
    if span is None or not 0 < span <= LONGEST_SECONDS:
        raise RuleRejected(
            _place_of(section, "timespan"),
            "The correlation needs a `timespan` between 1s and 10y.",
            next_step="Write a whole number and one of s, m, h, d, w, M, y, for example `10m`.",
        )
    return span


def _condition(section: Table, kind: str) -> tuple[tuple[tuple[str, int], ...], str]:
    condition = table_of(section, "condition")
    refuse_other_keys(condition, (*BOUNDS, "field"))
    field = text_of(condition, "field")
    if (kind == "value_count") != bool(field):
        raise RuleRejected(
            condition.place,
            "`value_count` needs a `field` in its condition, `event_count` takes none.",
            next_step="Name the field whose distinct values are counted, or change the type.",
        )
    bounds = tuple((str(key.value), _whole(node)) for key, node in condition.entries if key.value != "field")
    if not bounds:
        raise RuleRejected(
            condition.place, "The condition has no bound.", next_step="Add for example `gte: 5`."
        )
    return bounds, field


def _whole(node: Node) -> int:
    value = node.value if isinstance(node, Leaf) else None
    text = str(value)
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1
    if not 0 <= number <= HIGHEST_BOUND:
        raise RuleRejected(
            node.place,
            f"A bound must be a whole number of at most {HIGHEST_BOUND}.",
            next_step="Write digits only, for example 5.",
        )
    return number


def _generate(section: Table) -> bool:
    node = section.get("generate")
    if node is None:
        return False
    if not isinstance(node, Leaf) or not isinstance(node.value, bool):
        raise RuleRejected(
            node.place, "`generate` must be true or false.", next_step="Write `generate: true`."
        )
    return node.value


def _aliases(
    section: Table, rules: tuple[str, ...], group_by: tuple[str, ...]
) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    node = section.get("aliases")
    if node is None:
        return ()
    if not isinstance(node, Table):
        raise RuleRejected(
            node.place, "`aliases` must be a map.", next_step="Write `alias: {rule: field}` lines."
        )
    found = []
    for alias, fields in node.entries:
        if not isinstance(fields, Table):
            raise RuleRejected(
                fields.place,
                f"The alias `{alias.value}` must be a map.",
                next_step="Write `rule: field` lines.",
            )
        if alias.value not in group_by:
            raise RuleRejected(
                alias.place,
                f"The alias `{alias.value}` is not used in `group-by`.",
                next_step="Add it to `group-by` or remove it.",
            )
        refuse_other_keys(fields, rules)
        found.append(
            (
                str(alias.value),
                tuple((str(k.value), text_of(fields, str(k.value))) for k, _ in fields.entries),
            )
        )
    return tuple(found)
