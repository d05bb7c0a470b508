"""Read the `route` and the `inhibit_rules` of an `alertmanager.yml`, old keys and new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from tocsin.domain.inhibition import InhibitRule
from tocsin.domain.matchers import Matcher, matcher
from tocsin.domain.pack_file import Located
from tocsin.oncall.alertmanager.fields import flag, label_name, length, matchers, sequence, text, texts
from tocsin.oncall.alertmanager.matcher_texts import in_order
from tocsin.oncall.alertmanager.routes import Route

ALL_LABELS = "..."
_TIMES = ("group_wait", "group_interval", "repeat_interval")
_ROUTE = (
    *_TIMES,
    "receiver",
    "group_by",
    "match",
    "match_re",
    "matchers",
    "mute_time_intervals",
    "active_time_intervals",
    "continue",
    "routes",
)
_RULE = (
    "source_match",
    "source_match_re",
    "source_matchers",
    "target_match",
    "target_match_re",
    "target_matchers",
    "equal",
)
MAX_DEPTH = 64
"""How deep a route tree may be; people write five levels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The names that a route may use: of receivers and of time intervals."""

    receivers: frozenset[str]
    intervals: frozenset[str]


def read_tree(written: Located, known: Known) -> Route:
    """Read the root route and all below it, inheritance filled in. Raises `PackProblem`."""
    found = written.mapping(_ROUTE)
    if "receiver" not in found or not text(found["receiver"]):
        raise written.problem("the root route has no receiver.", "Add `receiver:`; it is the last resort.")
    if (
        _conditions(found, "match", "match_re", "matchers")
        or _interval_names(found, "mute_time_intervals", known)
        or _interval_names(found, "active_time_intervals", known)
    ):
        raise written.problem(
            "the root route has matchers or time intervals, but it must take every alert at any time.",
            "Move them to a route below it.",
        )
    if "continue" in found and flag(found["continue"]):
        raise found["continue"].problem("the root route has no sibling to continue to.", "Remove the key.")
    return _route(written, known, Route(path="0", receiver=""), "0")


def read_rule(written: Located, number: int) -> InhibitRule:
    """Read one inhibition rule; its name is its place in the list, from 1. Raises `PackProblem`."""
    found = written.mapping(_RULE)
    return InhibitRule(
        source=_conditions(found, "source_match", "source_match_re", "source_matchers"),
        target=_conditions(found, "target_match", "target_match_re", "target_matchers"),
        equal=tuple(label_name(each) for each in sequence(found["equal"])) if "equal" in found else (),
        name=f"inhibit rule {number}",
        place=_place(written),
    )


def _route(written: Located, known: Known, parent: Route, path: str) -> Route:
    found = written.mapping(_ROUTE)
    if path.count("/") > MAX_DEPTH:
        raise written.problem(f"the tree is deeper than {MAX_DEPTH} routes.", "Keep it flat.")
    own = Route(
        path=path,
        receiver=_receiver(found, known) or parent.receiver,
        matchers=_conditions(found, "match", "match_re", "matchers"),
        continues="continue" in found and flag(found["continue"]),
        group_by=_group_by(found, parent),
        group_wait=_time(found, "group_wait", parent.group_wait),
        group_interval=_time(found, "group_interval", parent.group_interval),
        repeat_interval=_time(found, "repeat_interval", parent.repeat_interval),
        mute_intervals=_interval_names(found, "mute_time_intervals", known),
        active_intervals=_interval_names(found, "active_time_intervals", known),
        place=_place(written),
    )
    below = sequence(found["routes"]) if "routes" in found else ()
    children = tuple(_route(each, known, own, f"{path}/{at}") for at, each in enumerate(below))
    return replace(own, children=children)


def _place(written: Located) -> str:
    return f"{written.path}:{written.line}:{written.column}"


def _receiver(found: Mapping[str, Located], known: Known) -> str:
    name = text(found["receiver"]) if "receiver" in found else ""
    if name and name not in known.receivers:
        raise found["receiver"].problem(
            f"the receiver `{name}` is not defined.", "Define it under `receivers:`, or correct the name."
        )
    return name


def _time(found: Mapping[str, Located], name: str, inherited: timedelta) -> timedelta:
    if name not in found or found[name].is_null:
        return inherited
    amount = length(found[name])
    if not amount and name != "group_wait":
        raise found[name].problem(f"{name} is zero.", "Write a time such as `5m`.")
    return amount


def _group_by(found: Mapping[str, Located], parent: Route) -> tuple[str, ...] | None:
    """Return the labels to group by, None for all; an empty list inherits, as upstream does."""
    written = sequence(found["group_by"]) if "group_by" in found else ()
    names: list[str] = []
    for each in written:
        name = label_name(each)
        if name in names:
            raise each.problem(f"the label `{name}` stands here twice.", "Keep one of the two.")
        names.append(name)
    if ALL_LABELS in names and len(names) > 1:
        raise found["group_by"].problem("`...` means all labels and stands alone.", "Keep one of the two.")
    if ALL_LABELS in names:
        return None
    return tuple(names) if names else parent.group_by


def _interval_names(found: Mapping[str, Located], name: str, known: Known) -> tuple[str, ...]:
    if name not in found:
        return ()
    for each in sequence(found[name]):
        if text(each) not in known.intervals:
            raise each.problem(
                f"the time interval `{text(each)}` is not defined.",
                "Define it under `time_intervals:`, or correct the name.",
            )
    return texts(found[name])


def _conditions(found: Mapping[str, Located], equal: str, pattern: str, modern: str) -> tuple[Matcher, ...]:
    written: list[Matcher] = []
    for name, operator in ((equal, "="), (pattern, "=~")):
        if name in found and not found[name].is_null:
            written += [_condition(key, operator, value) for key, value in found[name].entries()]
    if modern in found:
        written += matchers(found[modern])
    return in_order(written)


def _condition(key: Located, operator: str, value: Located) -> Matcher:
    if operator == "=~" and value.is_null:
        raise value.problem(f"`{key.text}` has no pattern.", "Write the pattern.")
    try:
        written = text(value)
        # Upstream keeps an old-style pattern with its anchors, and so it stands in the group's key.
        return matcher(label_name(key), operator, f"^(?:{written})$" if operator == "=~" else written)
    except ValueError as error:
        raise value.problem(f"{error}.", "Correct the pattern; RE2 has no look-around.") from error
