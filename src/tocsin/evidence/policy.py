"""Read `evidence.yml`: what must be kept before an action, what is never done, who may break the glass."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tocsin.domain.action import ActionClass
from tocsin.domain.expressions import Expression, ExpressionWrong, expressions_in
from tocsin.domain.expressions import parse as parse_expression
from tocsin.domain.pack_file import Located, parse
from tocsin.domain.severity import Severity

STATE_CHANGING = "state-changing"
LABEL_PARTS = ("incident_date", "description", "exported_by")
"""What R2 asks to stand on each exhibit."""
FEWEST_PEOPLE = 2
_MOST_PEOPLE = 5
_SECTIONS = ("label", "before", "never", "override", "review", "open")
_REVIEW_DUE = re.compile(r"(?P<days>[1-9]\d?) business days?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """Before any of these actions, exhibits of all these collectors must be sealed.

    `actions` are names (their connector's prefix may be missing) or classes; `state-changing` is any
    containment. `of` gives the objects of which there must be an exhibit each; without it one is enough.
    `arguments` are what the collector is told, as texts with `{{ }}`; `{{ of }}` is the object.
    """

    actions: tuple[str, ...]
    keep: tuple[str, ...]
    of: Expression | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)

    def is_about(self, names: Iterable[str], action_class: ActionClass) -> bool:
        """Say whether an action is meant that has these names and is of this class."""
        if STATE_CHANGING in self.actions and action_class.is_containment:
            return True
        return action_class.value in self.actions or is_named(names, self.actions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """When an incident opens and the condition holds, these collectors start, with these arguments."""

    keep: tuple[str, ...]
    condition: Expression | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidencePolicy:
    """An evidence policy, checked. `review_days` are business days until what broke the glass is reviewed."""

    path: str = ""
    label: tuple[str, ...] = LABEL_PARTS
    before: tuple[Before, ...] = ()
    never: tuple[str, ...] = ()
    people: int = FEWEST_PEOPLE
    review_days: int = 5
    review_severities: frozenset[Severity] = frozenset({Severity.P1, Severity.P2, Severity.P3})
    opening: tuple[Opening, ...] = ()

    def forbids(self, names: Iterable[str]) -> bool:
        """Say whether an action of any of these names is on the list of what is never done."""
        return is_named(names, self.never)

    @property
    def collectors(self) -> frozenset[str]:
        """Return the name of every collector that the policy asks for."""
        wanted: tuple[Before | Opening, ...] = (*self.before, *self.opening)
        return frozenset(name for each in wanted for name in each.keep)


def is_named(names: Iterable[str], patterns: Iterable[str]) -> bool:
    """Say whether a name is among the patterns, of which the connector's prefix may be missing."""
    wanted = tuple(patterns)
    return any(name == each or name.endswith(f".{each}") for name in names for each in wanted)


def parse_evidence(text: str, path: str) -> EvidencePolicy:
    """Read `evidence.yml`; every section may be left out. Raises `PackProblem`."""
    root = parse(text, path)
    keys = {} if root.is_null else root.mapping(_SECTIONS)
    days, severities = _review(keys["review"]) if "review" in keys else (5, tuple(Severity)[:3])
    return EvidencePolicy(
        path=path,
        label=_label(keys["label"]) if "label" in keys else LABEL_PARTS,
        before=tuple(_before(each) for each in keys["before"].sequence()) if "before" in keys else (),
        never=keys["never"].strings() if "never" in keys else (),
        people=_override(keys["override"]) if "override" in keys else FEWEST_PEOPLE,
        review_days=days,
        review_severities=frozenset(severities),
        opening=tuple(_opening(each) for each in keys["open"].sequence()) if "open" in keys else (),
    )


def _label(written: Located) -> tuple[str, ...]:
    parts = written.strings()
    for part in LABEL_PARTS:
        if part not in parts:
            raise written.problem(f"`{part}` is missing on the label.", "R2 asks for it; add it.")
    for member in written.sequence():
        member.choice(LABEL_PARTS)
    return parts


def _before(written: Located) -> Before:
    keys = written.mapping(("any", "keep", "of", "with"), required=("any", "keep"))
    return Before(
        actions=_one_or_more(keys["any"]),
        keep=_one_or_more(keys["keep"]),
        of=_hole(keys["of"]) if "of" in keys else None,
        arguments=_arguments(keys["with"]) if "with" in keys else {},
    )


def _opening(written: Located) -> Opening:
    keys = written.mapping(("keep", "if", "with"), required=("keep",))
    return Opening(
        keep=_one_or_more(keys["keep"]),
        condition=_condition(keys["if"]) if "if" in keys else None,
        arguments=_arguments(keys["with"]) if "with" in keys else {},
    )


def _override(written: Located) -> int:
    keys = written.mapping(("people", "reason", "not"), required=("people",))
    people = keys["people"].number()
    if people != int(people) or not FEWEST_PEOPLE <= people <= _MOST_PEOPLE:
        raise keys["people"].problem(
            f"`{keys['people'].text}` people cannot break the glass.",
            f"Write a whole number from {FEWEST_PEOPLE} to {_MOST_PEOPLE}.",
        )
    # Both can only be as R2 says; they may be written so that whoever reads the file sees it.
    if "reason" in keys:
        keys["reason"].choice(("required",))
    if "not" in keys:
        keys["not"].choice(("never",))
    return int(people)


def _review(written: Located) -> tuple[int, tuple[Severity, ...]]:
    keys = written.mapping(("due", "severity"), required=("due", "severity"))
    due = _REVIEW_DUE.fullmatch(keys["due"].string())
    if due is None:
        raise keys["due"].problem(f"`{keys['due'].text}` is no time.", "Write it as `5 business days`.")
    chosen = tuple(Severity(each.choice(tuple(Severity))) for each in keys["severity"].sequence())
    return int(due["days"]), chosen


def _arguments(written: Located) -> Mapping[str, str]:
    arguments = {}
    for name, value in written.entries():
        try:
            tuple(expressions_in(value.text))
        except ExpressionWrong as wrong:
            raise _misread(value, wrong) from wrong
        arguments[name.text] = value.text
    return arguments


def _hole(written: Located) -> Expression:
    text = written.string().strip()
    if not (text.startswith("{{") and text.endswith("}}")):
        raise written.problem("an expression is expected here.", "Write it as `'{{ action.tasks }}'`.")
    return _parsed(written, text[2:-2])


def _condition(written: Located) -> Expression:
    return _parsed(written, written.string())


def _parsed(written: Located, text: str) -> Expression:
    try:
        return parse_expression(text)
    except ExpressionWrong as wrong:
        raise _misread(written, wrong) from wrong


def _misread(written: Located, wrong: ExpressionWrong) -> Exception:
    return written.problem(f"the expression is wrong: {wrong.reason}.", wrong.next_step)


def _one_or_more(written: Located) -> tuple[str, ...]:
    found = (written.string(),) if written.kind != "seq" else written.strings()
    if not found:
        raise written.problem("the list is empty.", "Name at least one.")
    return found
