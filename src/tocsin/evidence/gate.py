"""The gate: which exhibits an action needs, and which of them are not sealed yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from tocsin.domain.action import Action, BreakGlass, Declaration, Demand
from tocsin.domain.errors import Explained
from tocsin.domain.exhibit import Exhibit
from tocsin.domain.expressions import evaluate
from tocsin.domain.person import is_username
from tocsin.evidence.policy import Before, EvidencePolicy


class Lack(StrEnum):
    """Why a demand is not met."""

    NOT_KEPT = "not kept"
    NOT_SEALED = "kept, not sealed yet"
    ONLY_WITH_A_SECOND = "not collected as it should be, which counts only with a second consent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """One demand that is not met, and why."""

    demand: Demand
    lack: Lack

    @property
    def words(self) -> str:
        """Say what is missing in a few words."""
        of = f" of {self.demand.of}" if self.demand.of else ""
        return f"{self.demand.collector}{of}: {self.lack}"


class EvidenceMissing(Explained):
    """A containment may not begin, because exhibits that it needs are not sealed (HTTP 409)."""

    code = "evidence_missing"
    status: ClassVar[int] = 409

    def __init__(self, name: str, missing: Sequence[Missing]) -> None:
        super().__init__(
            f"{name} waits for evidence: {'; '.join(each.words for each in missing)}.",
            means="Nothing was changed. What is missing is being collected; the action stays proposed.",
            next_step="Wait until it is sealed, keep it by hand, or let two people break the glass.",
        )
        self.missing = tuple(missing)

    @property
    def details(self) -> Mapping[str, Any]:
        """Return what a program reads: each exhibit that is missing, of which object, and why."""
        return {
            "missing": [
                {"collector": each.demand.collector, "of": each.demand.of, "lack": each.lack.value}
                for each in self.missing
            ]
        }


class NeverDone(Explained):
    """An action is on the list of what is never done while an incident is open (HTTP 409)."""

    code = "action_never"
    status: ClassVar[int] = 409

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is never done while an incident is open.",
            means="It would destroy evidence. No approval and no break-glass opens it.",
            next_step="Contain in another way; evidence.yml lists what is never done.",
        )


def demands_of(
    policy: EvidencePolicy,
    declaration: Declaration,
    names: Iterable[str],
    arguments: Mapping[str, Any],
    objects: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Demand, ...]:
    """Return every exhibit that an action needs, each once, in the order of the policy.

    `names` are all by which rules may speak of the action. `objects` are what it touches as just read from
    the partner, None before anybody looked. Where neither they nor the arguments name an object, any exhibit
    of that collector is asked for: a rule that cannot be bound never opens the gate. An empty list of objects
    asks for nothing: no task runs, so none has logs to lose.
    """
    if not declaration.action_class.is_containment:
        return ()
    spoken = tuple(names)
    known = {"action": {**arguments, **(objects or {})}}
    found = [Demand(collector=name) for name in declaration.needs]
    for rule in policy.before:
        if rule.is_about(spoken, declaration.action_class):
            found += [Demand(collector=name, of=of) for name in rule.keep for of in _objects(rule, known)]
    return tuple(dict.fromkeys(found))


def rule_for(
    policy: EvidencePolicy, declaration: Declaration, names: Iterable[str], collector: str
) -> Before | None:
    """Return the rule by which an action needs a collector, None where its declaration alone asks for it."""
    spoken = tuple(names)
    rules = (rule for rule in policy.before if collector in rule.keep)
    return next((rule for rule in rules if rule.is_about(spoken, declaration.action_class)), None)


def missing(
    demands: Iterable[Demand],
    exhibits: Sequence[Exhibit],
    sealed: Iterable[int],
    *,
    has_second_consent: bool,
) -> tuple[Missing, ...]:
    """Return the demands that no exhibit meets; `sealed` are the numbers of exhibits that are sealed.

    What a collector could not finish, and what a person kept by hand in its place, counts only with a second
    consent, beyond the one that every containment takes.
    """
    numbers = frozenset(sealed)
    lacks = (
        (demand, _lack(demand, exhibits, numbers, has_second_consent=has_second_consent))
        for demand in demands
    )
    return tuple(Missing(demand=demand, lack=lack) for demand, lack in lacks if lack is not None)


def is_broken(policy: EvidencePolicy, glass: BreakGlass | None) -> bool:
    """Say whether enough different people have broken the glass, and have said why."""
    if glass is None or not glass.reason.strip():
        return False
    return len({each for each in glass.people if is_username(each)}) >= policy.people


def demand_allowed(policy: EvidencePolicy, action_name: str, names: Iterable[str]) -> None:
    """Raise `NeverDone` for an action that is on the list of what is never done."""
    if policy.forbids(names):
        raise NeverDone(action_name)


def unsealed(action: Action, exhibits: Sequence[Exhibit], sealed: Iterable[int]) -> tuple[Exhibit, ...]:
    """Return the exhibits of an action's incident that are not sealed; broken glass marks them."""
    numbers = frozenset(sealed)
    ours = (exhibit for exhibit in exhibits if exhibit.incident_id == action.incident_id)
    return tuple(exhibit for exhibit in ours if exhibit.number not in numbers)


def _objects(rule: Before, known: Mapping[str, Any]) -> tuple[str, ...]:
    if rule.of is None:
        return ("",)
    value = evaluate(rule.of, known)
    if value is None or value == "":
        return ("",)
    if isinstance(value, list | tuple):
        return tuple(str(each) for each in value)
    return (str(value),)


def _lack(
    demand: Demand, exhibits: Sequence[Exhibit], sealed: frozenset[int], *, has_second_consent: bool
) -> Lack | None:
    fitting = [each for each in exhibits if _fits(demand, each)]
    if not fitting:
        return Lack.NOT_KEPT
    counting = [each for each in fitting if has_second_consent or (each.collector and not each.gap)]
    if not counting:
        return Lack.ONLY_WITH_A_SECOND
    return None if any(each.number in sealed for each in counting) else Lack.NOT_SEALED


def _fits(demand: Demand, exhibit: Exhibit) -> bool:
    covers = exhibit.collector or exhibit.covers
    return covers == demand.collector and (not demand.of or demand.of == exhibit.of)
