"""What an action must say of itself: one that leaves something out does not load, and hears all it lacks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from tocsin.domain.acting import Performer
from tocsin.domain.action import BlastRadius, Declaration, ParameterKind
from tocsin.domain.errors import Explained

LONGEST_TIME_LIMIT_S = 900.0
_NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+", re.ASCII)
_PARAMETER = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_COUNTABLE = (ParameterKind.TEXTS, ParameterKind.NETWORKS, ParameterKind.NUMBER)


class ActionUndeclared(Explained):
    """Actions leave out what they must say of themselves, so none of them loads."""

    code: ClassVar[str] = "action_undeclared"

    def __init__(self, faults: Mapping[str, tuple[str, ...]]) -> None:
        told = "; ".join(f"{name} {', '.join(each)}" for name, each in faults.items())
        super().__init__(
            f"Actions do not say all of themselves: {told}.",
            means="Nobody could know what they do, how far, and how to take it back, so they are not loaded.",
            next_step="Complete the declaration; docs/actions.md lists what it holds.",
        )
        self.faults = faults


def loaded(performers: Iterable[Performer]) -> Mapping[str, Performer]:
    """Return performers by their names. Raises `ActionUndeclared`, which names every fault of every one."""
    found: dict[str, Performer] = {}
    faults: dict[str, tuple[str, ...]] = {}
    for each in performers:
        name = each.declaration.name
        wrong = faults_of(each) + (("is declared twice",) if name in found else ())
        if wrong:
            faults[name] = wrong
        found[name] = each
    if faults:
        raise ActionUndeclared(faults)
    return found


def faults_of(performer: Performer) -> tuple[str, ...]:
    """Return everything that a performer's declaration lacks or says wrongly, in words after its name."""
    one = performer.declaration
    return (
        *_faults_of_words(one),
        *_faults_of_parameters(one),
        *_faults_of_undo(performer),
        *_faults_of_harm(one),
        *_faults_of_blast(one, one.blast),
    )


def _faults_of_words(one: Declaration) -> Iterator[str]:
    if not _NAME.fullmatch(one.name):
        yield "has a name that is not `<service>.<verb>`"
    if not one.title.strip():
        yield "has no title"
    if not one.repeat_rule.strip():
        yield "does not say how a repeat is recognised"
    if not 0 < one.time_limit_s <= LONGEST_TIME_LIMIT_S:
        yield f"has a time limit that is not above 0 and at most {LONGEST_TIME_LIMIT_S:g} s"


def _faults_of_parameters(one: Declaration) -> Iterator[str]:
    names = [each.name for each in one.parameters]
    if len(set(names)) < len(names):
        yield "has two parameters of one name"
    for each in one.parameters:
        if not _PARAMETER.fullmatch(each.name):
            yield f"has a parameter with a name that is no word: {each.name!r}"
        if not each.summary.strip():
            yield f"does not say what {each.name} is"
        if each.secret and each.kind is not ParameterKind.TEXT:
            yield f"has a secret that is no text: {each.name}"


def _faults_of_undo(performer: Performer) -> Iterator[str]:
    one = performer.declaration
    if one.undo is None:
        if one.action_class.is_containment and not one.no_undo.strip():
            yield "cannot be undone and does not say why"
        if performer.undo is not None:
            yield "has an undo that it does not declare"
        return
    if not one.undo.does.strip():
        yield "does not say what its undo does"
    if performer.undo is None:
        yield "declares an undo that it does not have"
    if one.no_undo:
        yield "says both how it is undone and why it cannot be"


def _faults_of_harm(one: Declaration) -> Iterator[str]:
    if not one.action_class.is_containment:
        return
    if not one.residual.remains.strip():
        yield "does not say what still works afterwards"
    if not one.rights:
        yield "does not say which rights it wants"
    for right in one.rights:
        if not (right.name.strip() and right.why.strip()):
            yield "has a right without a name or a reason"


def _faults_of_blast(one: Declaration, blast: BlastRadius) -> Iterator[str]:
    if not blast.unit.strip():
        yield "does not say in which unit its blast is counted"
    kinds = {each.name: each.kind for each in one.parameters}
    if blast.counted and kinds.get(blast.counted) not in _COUNTABLE:
        yield f"counts its blast by {blast.counted}, which is no list or number among its parameters"
    if not 0 < blast.per_run <= blast.per_hour:
        yield "has caps that are not above 0, with the run's at most the hour's"
    if not (0 <= blast.widest[0] <= 32 and 0 <= blast.widest[1] <= 128):
        yield "has a widest network that is no prefix length"
