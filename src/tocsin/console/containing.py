"""What can be done against an incident, behind which lock, and which evidence opens it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.app.acting import act_of
from tocsin.app.wiring import App
from tocsin.domain.acting import Performer
from tocsin.domain.action import Declaration
from tocsin.domain.exhibit import Exhibit
from tocsin.evidence import gate
from tocsin.flow.act_ground import Ground

NEVER = "never while an incident is open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Containments that wait for the same evidence; no `missing` means that the gate is open to them."""

    missing: tuple[str, ...]
    actions: tuple[Declaration, ...]


def locks_of(app: App, exhibits: Sequence[Exhibit], *, all_sealed: bool) -> tuple[Lock, ...]:
    """Return every containment that can be asked for, by what it waits for, the open ones first.

    What an action touches is not known before it is proposed, so one exhibit of each collector is looked for;
    then the gate looks for those of the very objects. `all_sealed` False counts each exhibit as not sealed
    yet: the next checkpoint is seconds away.
    """
    ground = act_of(app).ground
    sealed = tuple(each.number for each in exhibits) if all_sealed else ()
    found: dict[tuple[str, ...], list[Declaration]] = {}
    for name in sorted(ground.performers):
        performer = ground.performers[name]
        if performer.declaration.action_class.is_containment:
            found.setdefault(_missing(ground, performer, exhibits, sealed), []).append(performer.declaration)
    ordered = sorted(found.items(), key=lambda lock: (lock[0] == (NEVER,), len(lock[0]), lock[0]))
    return tuple(Lock(missing=missing, actions=tuple(actions)) for missing, actions in ordered)


def _missing(
    ground: Ground, performer: Performer, exhibits: Sequence[Exhibit], sealed: Sequence[int]
) -> tuple[str, ...]:
    names = ground.names(performer.declaration)
    if ground.policy.forbids(names):
        return (NEVER,)
    demands = gate.demands_of(ground.policy, performer.declaration, names, {})
    lacking = gate.missing(demands, exhibits, sealed, has_second_consent=False)
    return tuple(sorted(each.words for each in lacking))
