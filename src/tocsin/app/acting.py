"""Builds the chapter of actions from packs and settings, and shows actions as every door does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from tocsin.app.bindings import bindings_of
from tocsin.app.cosigning import sealing_of
from tocsin.app.evidence_policy import evidence_policy
from tocsin.app.keys import secret_key
from tocsin.app.packs import Packs
from tocsin.app.packs_at_start import PacksAtStart
from tocsin.app.performing import ACTIONS_FILE, performers_by, performers_of
from tocsin.app.runbooks import stock_in_force
from tocsin.app.settings import Settings
from tocsin.app.wiring import App
from tocsin.domain.acting import Performer
from tocsin.domain.action import Action, Declaration, Door, StandingApproval
from tocsin.domain.errors import NotFound
from tocsin.domain.incident import Incident
from tocsin.domain.pack_file import parse
from tocsin.domain.person import Permission, allows
from tocsin.domain.ports.shelves import Shelves
from tocsin.flow.act import Act
from tocsin.flow.act_ground import Ground
from tocsin.flow.act_stopping import Stopping
from tocsin.flow.act_waits import Waits
from tocsin.flow.runs_acting import waking
from tocsin.oncall.roster import Roster
from tocsin.response.approving import APPROVER
from tocsin.response.arguments import ArgumentsWrong, read_duration, shown
from tocsin.response.declaring import loaded
from tocsin.response.planning import Plan, residual_words, shown_call, undo_words
from tocsin.store.accounts import Accounts
from tocsin.store.django_store import DjangoStore
from tocsin.store.vault import KeyVault


def act_of(app: App) -> Act:
    """Return the chapter of actions. Raises `PackProblem`, `ActionUndeclared`, `Misconfigured`."""
    return Act(ground_of(app))


def stopping_of(app: App) -> Stopping:
    """Return what stops actions, and lets them start again."""
    return Stopping(ground_of(app), lambda: stock_in_force(app.settings, app.packs).books)


def ground_of(app: App) -> Ground:
    """Return what the chapter stands on; the run that asked for an action goes on when it ends."""
    sealing = sealing_of(app)
    return Ground(
        store=app.store,
        clock=app.clock,
        performers={**performers_in(app.packs_at_start), **commands_in(app.settings)},
        policy=evidence_policy(app.packs_at_start),
        vault=KeyVault(secret_key(app.settings.home / "keys" / "actions.key")),
        locker=app.locker,
        collect=app.respond.collect_for,
        may_approve=Approvers(Accounts(DjangoStore()), app.policies.roster),
        bindings=bindings_of(app.settings),
        is_sealed=lambda shelves, entry_id, now: sealing.state(shelves, entry_id, now).holds,
        ended=waking(app.clock.now),
    )


def performers_in(packs: Packs | PacksAtStart) -> Mapping[str, Performer]:
    """Return every action that loads, those of every pack's `actions.yml` too. Raises `ActionUndeclared`."""
    return _performers(tuple((file.text, file.path) for file in packs.every(ACTIONS_FILE)))


def commands_in(settings: Settings) -> Mapping[str, Performer]:
    """Return the commands of a signed allow-list. Raises `ShellUnsigned`, `PackProblem`."""
    return loaded(performers_by(settings).values())


@lru_cache(maxsize=8)
def _performers(written: tuple[tuple[str, str], ...]) -> Mapping[str, Performer]:
    return loaded(performers_of(*(parse(text, path) for text, path in written)).values())


class Approvers:
    """Says who may consent as what: an account that approves or commands, and, of a team, its members."""

    def __init__(self, accounts: Accounts, roster: Roster) -> None:
        self._accounts = accounts
        self._roster = roster

    def __call__(self, person: str, role: str) -> bool:
        """Say whether a person may consent as one of a role.

        A role is that of an account, a team of oncall.yml, `TEAM-lead`, or one of its people by name.
        """
        held = self._accounts.role_of(person)
        if held is None or not (allows(held, Permission.APPROVE) or allows(held, Permission.COMMAND)):
            return False
        if role in (APPROVER, held.value):
            return True
        teams = self._roster.teams
        if role in teams:
            return person in teams[role].members
        led = teams.get(role.removesuffix("-lead"))
        return person == role or (led is not None and person == led.lead)


def incident_named(shelves: Shelves, short_name: str) -> Incident:
    """Return an incident by `INC-n`. Raises `NotFound`."""
    number = short_name.removeprefix("INC-")
    incident = shelves.incidents.by_number(int(number)) if number.isdecimal() and len(number) < 10 else None
    if incident is None:
        raise NotFound(
            f"There is no incident {short_name[:40]!r}.",
            means="Nothing was proposed or changed.",
            next_step="Look at `tocsin incident list` for those there are.",
        )
    return incident


def asked_for(
    app: App,
    incident: str,
    name: str,
    arguments: Mapping[str, Any],
    *,
    by: str,
    door: Door,
    reason: str = "",
) -> Action:
    """Propose an action to an incident by its short name. Raises as `Act.ask` does."""
    with app.store.reading() as shelves:
        meant = incident_named(shelves, incident)
    wanted, after = without_time(arguments)
    return act_of(app).ask(
        meant.incident_id, name, wanted, by=by, door=door, reason=reason, revert_after=after
    )


def without_time(arguments: Mapping[str, Any]) -> tuple[dict[str, Any], timedelta | None]:
    """Return arguments without `for`, and the time after which the action takes itself back.

    Raises `ArgumentsWrong` for a time that is none.
    """
    wanted = dict(arguments)
    after = wanted.pop("for", None)
    if after in (None, ""):
        return wanted, None
    try:
        return wanted, read_duration(str(after))
    except ValueError:
        raise ArgumentsWrong("The action", ["`for` is no length of time such as `24h`"]) from None


def number_of(short_name: str) -> int:
    """Return the number behind `ACT-n`. Raises `NotFound`."""
    number = short_name.removeprefix("ACT-")
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise NotFound(
            f"{short_name[:40]!r} is no action's name.",
            means="Nothing was shown or changed.",
            next_step="`tocsin action list` has those there are, such as ACT-3.",
        )
    return int(number)


def record_of(action: Action, waits: Waits | None = None) -> dict[str, Any]:
    """Return an action as JSON values; secrets are masked."""
    return {
        "id": action.short_name,
        "action": action.name,
        "class": action.action_class.value,
        "state": action.state.value,
        "arguments": dict(shown(action.arguments)),
        "door": action.door.value,
        "proposed_by": action.proposed_by,
        "proposed_at": action.proposed_at.isoformat(),
        "expires_at": action.expires_at.isoformat(),
        "reason": action.reason,
        "digest": f"sha256:{action.digest}",
        "approvers": list(action.approvers),
        "approvals": [_approval(each.person, each.role, each.at, each.standing) for each in action.approvals],
        "evidence": [{"collector": each.collector, "of": each.of} for each in action.demands],
        "objects": {name: list(found) for name, found in action.objects.items()},
        "broke_glass": list(action.break_glass.people) if action.break_glass else [],
        "begun_at": _time(action.begun_at),
        "ended_at": _time(action.ended_at),
        "reverts_at": _time(action.reverts_at),
        "outcome": action.outcome,
        "output": dict(action.output),
        "verified": action.verified,
        "undoes": str(action.undoes) if action.undoes else "",
        "undone_by": str(action.undone_by) if action.undone_by else "",
        "waits_for": list(waits.words) if waits else [],
    }


def plan_record(plan: Plan) -> dict[str, Any]:
    """Return a dry run as JSON values."""
    one = plan.declaration
    return {
        "action": one.name,
        "title": one.title,
        "class": one.action_class.value,
        "reads": [dict(shown_call(each)) for each in plan.reads],
        "calls": [dict(shown_call(each)) for each in plan.calls],
        "evidence": [{"collector": each.collector, "of": each.of} for each in plan.demands],
        "approvers": list(plan.approvers),
        "undo": undo_words(one),
        "undo_calls": [dict(shown_call(each)) for each in plan.undo_calls],
        "residual": residual_words(one),
        "blast": f"{one.blast.unit}: {one.blast.per_run} a run, {one.blast.per_hour} an hour",
    }


def declaration_record(one: Declaration) -> dict[str, Any]:
    """Return what an action says of itself as JSON values."""
    return {
        "action": one.name,
        "title": one.title,
        "class": one.action_class.value,
        "arguments": {
            each.name: f"{each.kind.value}{'' if each.required else ', optional'}: {each.summary}"
            for each in one.parameters
        },
        "repeat": f"{one.repeat.value}: {one.repeat_rule}",
        "undo": undo_words(one),
        "residual": residual_words(one),
        "blast": f"{one.blast.unit}: {one.blast.per_run} a run, {one.blast.per_hour} an hour",
        "rights": {each.name: each.why for each in one.rights},
        "needs": list(one.needs),
        "time_limit_s": one.time_limit_s,
    }


def standing_record(given: StandingApproval, now: datetime) -> dict[str, Any]:
    """Return a consent in advance as JSON values."""
    is_live = given.revoked_at is None and now < given.expires_at
    return {
        "number": given.number,
        "person": given.person,
        "action": given.action,
        "bounds": {name: list(each) for name, each in given.bounds.items()},
        "trigger": list(given.trigger),
        "per_hour": given.per_hour,
        "expires_at": given.expires_at.isoformat(),
        "is_live": is_live,
    }


def _approval(person: str, role: str, at: datetime, standing: int | None) -> dict[str, Any]:
    return {"person": person, "role": role, "at": at.isoformat(), "standing": standing}


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def actions_of(shelves: Shelves, incident_id: UUID | None, limit: int) -> tuple[Action, ...]:
    """Return actions of an incident, or of all, newest first."""
    if incident_id is None:
        return shelves.actions.listed(limit=limit)
    return tuple(reversed(shelves.actions.of_incident(incident_id)))[:limit]
