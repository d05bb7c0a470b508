"""Read one Sigma correlation rule: what is measured, by which keys, in which span (S26-S34)."""

from __future__ import annotations

from dataclasses import replace

from tocsin.detection.problems import Place, RuleRejected
from tocsin.detection.sigma import condition, extension_reader
from tocsin.detection.sigma.correlation import (
    BOUNDS,
    Correlation,
    Either,
    Every,
    Expression,
    Kind,
    Never,
    Seen,
)
from tocsin.detection.sigma.document import Leaf, Table, plain
from tocsin.detection.sigma.extension import Bounds
from tocsin.detection.sigma.header import (
    extended,
    header,
    refuse_other_keys,
    table_of,
    text_of,
    texts_of,
)
from tocsin.detection.sigma.predicates import Op, Predicate
from tocsin.detection.sigma.rule import fingerprint
from tocsin.detection.sigma.scalars import LONGEST_SECONDS, number, place_of, seconds, switch_at
from tocsin.detection.sigma.tree import All, Any_, Tree

# A window keeps every signal it counts, so a bound on a count is also a promise of memory.
HIGHEST_COUNT = 100_000
HIGHEST_VALUE = 1e300

_KEYS = ("type", "rules", "group-by", "timespan", "condition", "aliases", "generate")
_COUNTS = (Kind.EVENT_COUNT, Kind.VALUE_COUNT)
_TEMPORAL = (Kind.TEMPORAL, Kind.TEMPORAL_ORDERED)
# Names under which other programs know a temporal correlation with a string condition.
_EXTENDED = {
    "temporal_extended": Kind.TEMPORAL,
    "extended_temporal": Kind.TEMPORAL,
    "temporal_ordered_extended": Kind.TEMPORAL_ORDERED,
}

_Condition = tuple[Bounds, tuple[str, ...], float, Expression | None]


def read(table: Table, path: str) -> Correlation:
    """Read a correlation. Raises RuleRejected at the place of the first fault."""
    head = header(table, path)
    section = table_of(table, "correlation")
    refuse_other_keys(section, _KEYS)
    kind = _kind(section)
    rules = _rules(section, kind)
    bounds, fields, percentile, expression = _condition(section, kind, rules)
    group_by = texts_of(section, "group-by")
    span = _span(section)
    waits = expression is not None and _waits(expression)
    return Correlation(
        header=head,
        key=fingerprint(head.label, plain(section), *extended(table)),
        kind=kind,
        rules=rules,
        rules_place=place_of(section, "rules" if section.get("rules") else "condition"),
        group_by=group_by,
        span=span,
        bounds=bounds,
        fields=fields,
        percentile=percentile,
        expression=expression,
        aliases=_aliases(section, rules, group_by),
        generate=switch_at(section, "generate", default=False),
        extensions=extension_reader.of_correlation(table, kind, span, waits=waits),
    )


def _kind(section: Table) -> Kind:
    word = text_of(section, "type")
    if word in _EXTENDED:
        if not isinstance(section.get("condition"), Leaf):
            raise RuleRejected(
                place_of(section, "type"),
                f"`{word}` needs a condition that is text.",
                next_step="Write for example `condition: a and not b`.",
            )
        return _EXTENDED[word]
    if word not in tuple(Kind):
        raise RuleRejected(
            place_of(section, "type"),
            f"The correlation type `{word}` is unknown.",
            next_step=f"Use one of: {', '.join(Kind)}.",
        )
    return Kind(word)


def _rules(section: Table, kind: Kind) -> tuple[str, ...]:
    """Return the rules that are named; a string condition may name them alone."""
    rules = texts_of(section, "rules")
    written = section.get("condition")
    if not rules and kind in _TEMPORAL and isinstance(written, Leaf) and isinstance(written.value, str):
        rules = condition.names(written.value)
    if not rules:
        raise RuleRejected(
            section.place, "The correlation names no `rules`.", next_step="List at least one rule."
        )
    if len(set(rules)) < len(rules):
        raise RuleRejected(
            place_of(section, "rules"),
            "The correlation names one rule twice.",
            next_step="Name each rule once.",
        )
    return rules


def _span(section: Table) -> int:
    span = seconds(text_of(section, "timespan"))
    if span is None or not 0 < span <= LONGEST_SECONDS:
        raise RuleRejected(
            place_of(section, "timespan"),
            "The correlation needs a `timespan` between 1s and 10y.",
            next_step="Write a whole number and one of s, m, h, d, w, M, y, for example `10m`.",
        )
    return span


def _condition(section: Table, kind: Kind, rules: tuple[str, ...]) -> _Condition:
    node = section.get("condition")
    if kind in _TEMPORAL:
        if node is None:
            return (), (), 0.0, None
        if isinstance(node, Leaf):
            return (), (), 0.0, _expression(node, rules, place_of(section, "rules"))
    elif isinstance(node, Leaf):
        raise RuleRejected(
            node.place,
            f"A condition of type `{kind}` must be a map.",
            next_step="Write for example `condition: {gte: 5}`; text suits temporal correlations only.",
        )
    return _measured(table_of(section, "condition"), kind, rules)


def _measured(section: Table, kind: Kind, rules: tuple[str, ...]) -> _Condition:
    refuse_other_keys(section, (*BOUNDS, "field", "percentile"))
    fields = texts_of(section, "field")
    if kind.startswith("value_") != bool(fields):
        raise RuleRejected(
            section.place,
            "The value types need a `field` in their condition, the other types take none.",
            next_step="Name the field whose values are measured, or change the type.",
        )
    counted = kind in _COUNTS or kind in _TEMPORAL
    least, most = (0.0, float(HIGHEST_COUNT)) if counted else (-HIGHEST_VALUE, HIGHEST_VALUE)
    bounds = extension_reader.bounds_of(section, tuple(BOUNDS), least=least, most=most)
    if not bounds:
        raise RuleRejected(
            section.place, "The condition has no bound.", next_step="Add for example `gte: 5`."
        )
    if kind in _TEMPORAL:
        _refuse_never(section, bounds, rules)
    return bounds, fields, _percentile(section, kind), None


def _refuse_never(section: Table, bounds: Bounds, rules: tuple[str, ...]) -> None:
    """Refuse a number of rules that so few rules cannot reach (S30)."""
    for count in range(1, len(rules) + 1):
        if all(BOUNDS[name](count, bound) for name, bound in bounds):
            return
    raise RuleRejected(
        section.place,
        f"The condition asks for more or fewer rules than the {len(rules)} that are named can give.",
        next_step="Correct the number; it counts how many different rules were seen.",
    )


def _percentile(section: Table, kind: Kind) -> float:
    node = section.get("percentile")
    if (kind is Kind.VALUE_PERCENTILE) != (node is not None):
        raise RuleRejected(
            section.place if node is None else node.place,
            "`value_percentile` needs a `percentile` in its condition, the other types take none.",
            next_step="Write for example `percentile: 95`.",
        )
    if node is None:
        return 0.0
    found = number(node)
    if found is None or not 0 <= found <= 100:
        raise RuleRejected(
            node.place,
            "`percentile` must be a number between 0 and 100.",
            next_step="Write for example `percentile: 95`.",
        )
    return float(found)


def _expression(node: Leaf, rules: tuple[str, ...], rules_place: Place) -> Expression:
    """Read a string condition; every rule must stand in it, and something must be seen for it to hold."""
    text = node.value if isinstance(node.value, str) else ""
    leaves: dict[str, Tree] = {word: Predicate(word, Op.EXISTS, value=True) for word in rules}
    try:
        found = _meant(condition.parse(text, leaves, noun="rule"))
    except condition.ConditionWrong as error:
        place = replace(node.place, column=node.place.column + error.offset)
        raise RuleRejected(place, error.reason, next_step=error.next_step) from error
    idle = [word for word in rules if word not in _words(found)]
    if idle:
        raise RuleRejected(
            rules_place,
            f"The condition does not speak of the rule `{idle[0]}`.",
            next_step="Name it in the condition, or take it out of `rules`.",
        )
    if _holds_for_nothing(found):
        raise RuleRejected(
            node.place,
            "The condition would hold when nothing was seen, so nothing could begin it.",
            next_step="Join each `not` by `and` with a rule that must be seen.",
        )
    return found


def _meant(tree: Tree) -> Expression:
    match tree:
        case Predicate():
            return Seen(str(tree.field))
        case All():
            return Every(tuple(_meant(branch) for branch in tree.branches))
        case Any_():
            return Either(tuple(_meant(branch) for branch in tree.branches))
    # What is left is a `not`: a condition knows no members of lists.
    return Never(_meant(tree.branch))


def _words(expression: Expression) -> frozenset[str]:
    if isinstance(expression, Seen):
        return frozenset({expression.word})
    if isinstance(expression, Never):
        return _words(expression.branch)
    return frozenset(word for branch in expression.branches for word in _words(branch))


def _waits(expression: Expression) -> bool:
    if isinstance(expression, Every | Either):
        return any(_waits(branch) for branch in expression.branches)
    return isinstance(expression, Never)


def _holds_for_nothing(expression: Expression) -> bool:
    if isinstance(expression, Seen):
        return False
    if isinstance(expression, Never):
        return not _holds_for_nothing(expression.branch)
    if isinstance(expression, Every):
        return all(_holds_for_nothing(branch) for branch in expression.branches)
    return any(_holds_for_nothing(branch) for branch in expression.branches)


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
        pairs = tuple((str(key.value), text_of(fields, str(key.value))) for key, _ in fields.entries)
        found.append((str(alias.value), pairs))
    return tuple(found)
