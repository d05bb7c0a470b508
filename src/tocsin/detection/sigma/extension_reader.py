"""Read the `tocsin.*` keys of a rule; one that its type cannot have is refused, never dropped (E1-E7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar

from tocsin.detection.problems import RuleRejected
from tocsin.detection.sigma.document import Node, Series, Table
from tocsin.detection.sigma.extension import (
    ALLOWED_LATENESS_SECONDS,
    EVIDENCE_MAX,
    Baseline,
    Bounds,
    Emit,
    Extensions,
    Heartbeat,
    Lookup,
    Method,
    NewValue,
    Ratio,
    Season,
    WindowKind,
)
from tocsin.detection.sigma.header import (
    EXTENSIONS_OF_ALL,
    EXTENSIONS_OF_CORRELATIONS,
    EXTENSIONS_OF_RULES,
    refuse_other_keys,
    table_of,
    text_of,
    texts_of,
)
from tocsin.detection.sigma.scalars import (
    days,
    number,
    number_at,
    place_of,
    seconds_at,
    switch_at,
    whole_at,
    word_at,
    zone_at,
)

_Section = TypeVar("_Section", Ratio, Baseline, NewValue, Heartbeat)

DAY = 86_400
# Samples of one burst are stored with its alert.
MOST_EVIDENCE = 10_000
LONGEST_LATENESS = DAY
# Past windows are kept a group each; two years of days, or a month of hours, is what a person can explain.
LONGEST_HISTORY = 731 * DAY

_PREFIX = re.compile(r"/(?:[1-9]|[12][0-9]|3[0-2])\Z")
_COUNTS = ("event_count", "value_count", "value_sum")
# The correlation types that an extension needs; those not named here suit every type.
_TYPES = {
    "ratio": ("event_count",),
    "baseline": _COUNTS,
    "new_value": ("value_count",),
    "heartbeat": ("temporal",),
}


def of_rule(table: Table) -> Extensions:
    """Read the extensions of a detection rule. Raises RuleRejected at the place of the first fault."""
    _refuse_misplaced(table, EXTENSIONS_OF_RULES, "a detection rule")
    return Extensions(emit=_emit(table), evidence_max=_evidence_max(table), lookups=_lookups(table))


def of_correlation(table: Table, kind: str, span: int, *, waits: bool) -> Extensions:
    """Read the extensions of a correlation of a kind over `span` seconds.

    `waits` says that its condition holds a `not`, so that it is decided at a deadline. Raises RuleRejected
    at the place of the first fault.
    """
    _refuse_misplaced(table, EXTENSIONS_OF_CORRELATIONS, "a correlation")
    _refuse_other_types(table, kind)
    if not waits and (key := table.key("tocsin.heartbeat")) is not None:
        raise RuleRejected(
            key.place,
            "`tocsin.heartbeat` needs a condition that waits for something.",
            next_step="Write for example `condition: started and not healthy`.",
        )
    _refuse_for_where_time_is_given(table, waits=waits)
    window, gap = _window(table, span, waits=waits)
    return Extensions(
        ratio=_section(table, "ratio", _ratio),
        pending=seconds_at(table, "tocsin.for", 0),
        keep_firing=seconds_at(table, "tocsin.keep_firing_for", 0),
        baseline=_section(table, "baseline", _baseline),
        new_value=_section(table, "new_value", _new_value),
        heartbeat=_section(table, "heartbeat", _heartbeat),
        emit=_emit(table),
        evidence_max=_evidence_max(table),
        allowed_lateness=_lateness(table),
        window=window,
        gap=gap,
    )


def _refuse_for_where_time_is_given(table: Table, *, waits: bool) -> None:
    """Refuse `for` where the condition is decided once, at the end of a window of its own."""
    for name in ("tocsin.for", "tocsin.keep_firing_for"):
        key = table.key(name)
        if key is not None and (waits or table.key("tocsin.baseline") is not None):
            what = "a condition with `not`" if waits else "`tocsin.baseline`"
            raise RuleRejected(
                key.place,
                f"`{name}` does not go with {what}, which is decided once a window.",
                next_step="Put it on a correlation that names this one.",
            )


def _refuse_misplaced(table: Table, allowed: Sequence[str], what: str) -> None:
    for key, _ in table.entries:
        name = str(key.value).removeprefix("tocsin.")
        if name != key.value and name not in (*allowed, *EXTENSIONS_OF_ALL):
            raise RuleRejected(
                key.place,
                f"`{key.value}` does not belong on {what}.",
                next_step=f"Use one of: {', '.join(f'tocsin.{each}' for each in allowed)}.",
            )


def _refuse_other_types(table: Table, kind: str) -> None:
    for name, kinds in _TYPES.items():
        key = table.key(f"tocsin.{name}")
        if key is not None and kind not in kinds:
            raise RuleRejected(
                key.place,
                f"`tocsin.{name}` does not belong on a correlation of type `{kind}`.",
                next_step=f"Use it on {' or '.join(kinds)}.",
            )


def _section(table: Table, name: str, read: Callable[[Table], _Section]) -> _Section | None:
    key = f"tocsin.{name}"
    return read(table_of(table, key)) if table.key(key) is not None else None


def bounds_of(section: Table, allowed: Sequence[str], *, least: float, most: float) -> Bounds:
    """Return the bounds (`gt: 5`) of a section. Raises RuleRejected for what is no number within limits."""
    found = []
    for key, node in section.entries:
        if key.value not in allowed:
            continue
        bound = number(node)
        if bound is None or not least <= bound <= most:
            raise RuleRejected(
                node.place,
                f"A bound must be a number between {least:g} and {most:g}.",
                next_step=f"Write for example `{key.value}: 5`.",
            )
        found.append((str(key.value), bound))
    return tuple(found)


def _ratio(section: Table) -> Ratio:
    compared = ("gt", "gte", "lt", "lte")
    refuse_other_keys(section, ("of", "min", "count_distinct", *compared))
    of = texts_of(section, "of")
    bounds = bounds_of(section, compared, least=0, most=1_000_000)
    if not of or not bounds:
        raise RuleRejected(
            section.place,
            "`tocsin.ratio` needs the rules it divides `of`, and a bound.",
            next_step="Write for example `{of: [login_failed, login_succeeded], min: 5, gt: 0.5}`.",
        )
    return Ratio(
        of=of,
        minimum=number_at(section, "min", 1, least=0, most=1_000_000),
        bounds=bounds,
        distinct=text_of(section, "count_distinct"),
    )


def _baseline(section: Table) -> Baseline:
    refuse_other_keys(
        section,
        (
            *("history", "season", "method", "p", "ratio", "min", "warmup"),
            *("freeze_on_alert", "zone", "exclude", "peer"),
        ),
    )
    history, warmup = _history(section, 28 * DAY)
    return Baseline(
        history=history,
        season=Season(word_at(section, "season", tuple(Season), Season.WEEKDAY_TYPE)),
        method=Method(word_at(section, "method", tuple(Method), Method.TAIL)),
        p=number_at(section, "p", 3.0e-4, least=1e-12, most=0.5),
        ratio=number_at(section, "ratio", 3, least=1, most=1_000_000),
        minimum=number_at(section, "min", 20, least=0, most=1e15),
        warmup=warmup,
        freeze_on_alert=switch_at(section, "freeze_on_alert", default=True),
        zone=zone_at(section, "zone"),
        exclude=_excluded(section.get("exclude")),
        peer=text_of(section, "peer"),
    )


def _history(section: Table, default: int) -> tuple[int, int]:
    history = seconds_at(section, "history", default, example="28d")
    warmup = seconds_at(section, "warmup", min(7 * DAY, history), example="7d")
    if not 0 < history <= LONGEST_HISTORY or warmup > history:
        raise RuleRejected(
            place_of(section, "history"),
            "`history` must be between 1s and 731d, and not shorter than `warmup`.",
            next_step="Write for example `history: 28d, warmup: 7d`.",
        )
    return history, warmup


def _excluded(node: Node | None) -> tuple[tuple[date, date], ...]:
    if node is None:
        return ()
    return tuple(days(member) for member in (node.members if isinstance(node, Series) else (node,)))


def _new_value(section: Table) -> NewValue:
    refuse_other_keys(section, ("field", "history", "warmup", "by"))
    field = text_of(section, "field")
    if not field:
        raise RuleRejected(
            section.place,
            "`tocsin.new_value` needs a `field`.",
            next_step="Name the field whose values are new or known.",
        )
    history, warmup = _history(section, 30 * DAY)
    return NewValue(field=field, history=history, warmup=warmup, by=_by(section))


def _by(section: Table) -> str:
    by = text_of(section, "by") or "exact"
    if by.startswith("/") and not _PREFIX.match(by):
        raise RuleRejected(
            place_of(section, "by"),
            f"`{by}` is no prefix length.",
            next_step="Write `/1` to `/32`, `exact`, or the name of a lookup table.",
        )
    return by


def _heartbeat(section: Table) -> Heartbeat:
    refuse_other_keys(section, ("inventory",))
    inventory = text_of(section, "inventory")
    if not inventory:
        raise RuleRejected(
            section.place,
            "`tocsin.heartbeat` needs an `inventory`.",
            next_step="Name the table that lists what must be heard of.",
        )
    return Heartbeat(inventory=inventory)


def _emit(table: Table) -> Emit:
    return Emit(word_at(table, "tocsin.emit", tuple(Emit), Emit.BURST))


def _evidence_max(table: Table) -> int:
    return whole_at(table, "tocsin.evidence_max", EVIDENCE_MAX, least=1, most=MOST_EVIDENCE)


def _lateness(table: Table) -> int:
    found = seconds_at(table, "tocsin.allowed_lateness", ALLOWED_LATENESS_SECONDS)
    if found > LONGEST_LATENESS:
        raise RuleRejected(
            place_of(table, "tocsin.allowed_lateness"),
            "`tocsin.allowed_lateness` is at most 1d.",
            next_step="Every signal waits so long for late ones; write for example `5m`.",
        )
    return found


def _window(table: Table, span: int, *, waits: bool) -> tuple[WindowKind, int]:
    kind = WindowKind(word_at(table, "tocsin.window", tuple(WindowKind), WindowKind.SLIDING))
    gap = seconds_at(table, "tocsin.gap", 0)
    if (kind is WindowKind.SESSION) != (gap > 0) or gap > span:
        raise RuleRejected(
            place_of(table, "tocsin.gap" if gap else "tocsin.window"),
            "A session window needs a `tocsin.gap` no longer than `timespan`; other windows have none.",
            next_step="Write `tocsin.window: session` and for example `tocsin.gap: 30m`.",
        )
    if waits and kind is not WindowKind.SLIDING:
        raise RuleRejected(
            place_of(table, "tocsin.window"),
            "A condition with `not` has a window of its own, which begins at its first signal.",
            next_step="Remove `tocsin.window`.",
        )
    return kind, gap


def _lookups(table: Table) -> tuple[Lookup, ...]:
    node = table.get("tocsin.lookup")
    if node is None:
        return ()
    return tuple(_lookup(member) for member in (node.members if isinstance(node, Series) else (node,)))


def _lookup(node: Node) -> Lookup:
    if not isinstance(node, Table):
        raise RuleRejected(
            node.place,
            "`tocsin.lookup` must be a map or a list of maps.",
            next_step="Write for example `{table: roles, key: arn}` or `{outside: business_hours}`.",
        )
    refuse_other_keys(node, ("table", "key", "valid_at", "inside", "outside"))
    found = Lookup(
        table=text_of(node, "table"),
        key=text_of(node, "key"),
        at_event_time=bool(word_at(node, "valid_at", ("event_time",), "")),
        inside=text_of(node, "inside"),
        outside=text_of(node, "outside"),
    )
    if not (found.table or found.inside or found.outside):
        raise RuleRejected(
            node.place,
            "`tocsin.lookup` names neither a table nor a calendar.",
            next_step="Name one with `table:`, `inside:` or `outside:`.",
        )
    if not found.table and (found.key or found.at_event_time):
        raise RuleRejected(
            node.place, "`key` and `valid_at` belong to a table.", next_step="Name it with `table:`."
        )
    return found
