"""`tocsin action`: what can be done to the world, what was asked for, dry runs, undo, the stop switch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tocsin.cli.opened import actor, opened
from tocsin.cli.show import Show
from tocsin.cli.verb import asked_yes, noun, verb

if TYPE_CHECKING:
    from tocsin.domain.action import Action

COLUMNS = ("id", "action", "state", "proposed_by", "proposed_at", "outcome")
KNOWN = ("action", "class", "title")
CALLS = ("when", "service", "operation", "changes")


@verb("list", example="tocsin action list --incident INC-3")
@click.option("--incident", "incident_id", default="", help="Only those of an incident.")
@click.option("--catalogue", is_flag=True, help="List the actions that there are instead.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="Most rows.")
def listed(show: Show, *, incident_id: str, catalogue: bool, limit: int) -> None:
    """List actions that were asked for, newest first, and say what is stopped."""
    with opened() as app:
        from tocsin.app import acting

        if catalogue:
            performers = {**acting.performers_in(app.packs), **acting.commands_in(app.settings)}
            rows = [acting.declaration_record(performers[name].declaration) for name in sorted(performers)]
            show.rows("tocsin.action.catalogue/1", rows, KNOWN)
            return
        with app.store.reading() as shelves:
            meant = acting.incident_named(shelves, incident_id).incident_id if incident_id else None
            records = [acting.record_of(each) for each in acting.actions_of(shelves, meant, limit)]
        stopped = acting.stopping_of(app).stopped()
    for each in stopped:
        show.warn(f"{each.scope} is stopped by {each.by}: {each.reason}.")
    none = "No action was asked for. `tocsin action list --catalogue` shows those there are."
    show.rows("tocsin.action.list/1", records, COLUMNS, empty=none)


@verb("show", example="tocsin action show ACT-3")
@click.argument("name", metavar="ACTION")
def shown(show: Show, *, name: str) -> None:
    """Show an action that was asked for (ACT-n) and what it waits for, or what one says of itself."""
    with opened() as app:
        from tocsin.app import acting

        if not name.startswith("ACT-"):
            declaration = acting.act_of(app).ground.performer(name).declaration
            record = acting.declaration_record(declaration)
        else:
            record = acting.record_of(*acting.act_of(app).waits(acting.number_of(name)))
    show.one("tocsin.action.show/1", record if show.as_json else _flat(record))


@verb("plan", example="tocsin action plan aws.ecs.scale cluster=prod service=shop count=0")
@click.argument("name", metavar="ACTION")
@click.argument("arguments", nargs=-1)
def planned(show: Show, *, name: str, arguments: tuple[str, ...]) -> None:
    """Rehearse an action with ARGUMENTS (name=value): its calls, and what it needs. Nothing is called."""
    with opened() as app:
        from tocsin.app import acting

        _plan(show, acting.plan_record(_planned(app, name, _read(arguments))))


@verb("run", example="tocsin action run INC-3 aws.waf.block ips=203.0.113.7 for=24h --reason 'It attacks.'")
@click.argument("incident_id", metavar="INCIDENT")
@click.argument("name", metavar="ACTION")
@click.argument("arguments", nargs=-1)
@click.option("--reason", default="", help="Why; it stands in the log.")
@click.option("--dry-run", is_flag=True, help="Only show what it would do.")
@click.option("--confirm", default="", help="The incident's id once more; asked for on a terminal.")
def run(
    show: Show,
    *,
    incident_id: str,
    name: str,
    arguments: tuple[str, ...],
    reason: str,
    dry_run: bool,
    confirm: str,
) -> None:
    """Propose an action; it begins by itself once its evidence is sealed and people have consented."""
    given = _read(arguments)
    with opened() as app:
        from tocsin.app import acting
        from tocsin.domain.action import Door

        if dry_run:
            _plan(show, acting.plan_record(_planned(app, name, given)))
            return
        _demand_typed(incident_id, confirm)
        action = acting.asked_for(app, incident_id, name, given, by=actor(), door=Door.CLI, reason=reason)
        _told(show, action)
        act = acting.act_of(app)
        action, waits = act.waits(action.number)
        for words in waits.words if waits else ():
            show.say(words)
        if waits is not None and waits.lacks_evidence:
            act.demand_ready(action.number)


@verb("withdraw", example="tocsin action withdraw ACT-3 --reason 'It stopped by itself.'")
@click.argument("name", metavar="ACTION")
@click.option("--reason", default="", help="Why; it stands in the log.")
def withdrawn(show: Show, *, name: str, reason: str) -> None:
    """Take a proposal back before it begins."""
    with opened() as app:
        from tocsin.app import acting

        action = acting.act_of(app).withdraw(acting.number_of(name), actor(), reason)
        _told(show, action)


@verb("undo", example="tocsin action undo ACT-3 --reason 'The attack is over.'")
@click.argument("name", metavar="ACTION")
@click.option("--reason", default="", help="Why; it stands in the log.")
def undone(show: Show, *, name: str, reason: str) -> None:
    """Propose to take an action back: an action of its own, with the same gate."""
    with opened() as app:
        from tocsin.app import acting
        from tocsin.domain.action import Door

        act = acting.act_of(app)
        _told(show, act.undo(acting.number_of(name), by=actor(), door=Door.CLI, reason=reason))


@verb("stop", example="tocsin action stop --reason 'A runbook runs wild.'")
@click.argument("scope", default="everything")
@click.option("--reason", required=True, help="Why; it stands in the log.")
def stopped(show: Show, *, scope: str, reason: str) -> None:
    """Stop everything, connector:NAME or runbook:NAME: no new call starts from now on."""
    with opened() as app:
        from tocsin.app import acting

        made = acting.stopping_of(app).stop(actor(), reason, scope)
    show.say(f"{made.scope} is stopped. Calls in flight finish and are recorded.")


@verb("start", example="tocsin action start --yes")
@click.argument("scope", default="everything")
@click.option("--yes", is_flag=True, help="Do not ask.")
def started(show: Show, *, scope: str, yes: bool) -> None:
    """Let calls start again."""
    asked_yes(f"Start {scope} again?", yes=yes)
    with opened() as app:
        from tocsin.app import acting

        acting.stopping_of(app).start(actor(), scope)
    show.say(f"{scope} may go on.")


def _planned(app: Any, name: str, arguments: dict[str, Any]) -> Any:
    from tocsin.app import acting
    from tocsin.domain.action import Door

    wanted, _ = acting.without_time(arguments)
    return acting.act_of(app).plan(name, wanted, door=Door.CLI)


def _read(arguments: tuple[str, ...]) -> dict[str, Any]:
    """Read `name=value`; a name that comes several times is a list, and a JSON object is a map."""
    import json

    found: dict[str, Any] = {}
    for each in arguments:
        name, equals, text = each.partition("=")
        if not equals:
            raise click.UsageError(f"{each!r} is not name=value.")
        try:
            value = json.loads(text) if text.startswith(("{", "[")) else text
        except ValueError as error:
            raise click.UsageError(f"{name} is not JSON: {error}.") from error
        if name in found:
            before = found[name] if isinstance(found[name], list) else [found[name]]
            value = [*before, value]
        found[name] = value
    return found


def _demand_typed(incident_id: str, confirm: str) -> None:
    import sys

    if not confirm and sys.stdin.isatty():
        confirm = click.prompt("This changes the world. Type the incident's id", err=True)
    if confirm != incident_id:
        raise click.UsageError(f"Give --confirm {incident_id} to say for which incident this is done.")


def _told(show: Show, action: Action) -> None:
    from tocsin.app.acting import record_of

    if show.as_json:
        show.one("tocsin.action.show/1", record_of(action))
    show.say(f"{action.short_name} ({action.name}) is {action.state}.")


def _plan(show: Show, record: dict[str, Any]) -> None:
    if show.as_json:
        show.one("tocsin.action.plan/1", record)
        return
    show.one("tocsin.action.plan/1", _flat({name: record[name] for name in record if name not in _LISTS}))
    rows = [{"when": when, **each} for name, when in _LISTS.items() for each in record[name]]
    show.rows("tocsin.action.plan/1", rows, CALLS)


_LISTS = {"reads": "before", "calls": "after consent", "undo_calls": "to undo"}


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    return {name: _text(value) for name, value in record.items()}


def _text(value: Any) -> Any:
    if isinstance(value, dict):
        return "; ".join(f"{name}={_text(each)}" for name, each in value.items())
    if isinstance(value, list):
        return "; ".join(str(_text(each)) for each in value)
    return value


action = noun(
    "action",
    "Actions: list, show, plan, run, withdraw, undo, stop, start.",
    *(listed, shown, planned, run, withdrawn, undone, stopped, started),
)
