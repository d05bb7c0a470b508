"""Actions on the screen: what was asked for, what each waits for, and what signed-in people say to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from tocsin.app.acting import act_of, actions_of, asked_for, plan_record, stopping_of, without_time
from tocsin.app.wiring import current_app
from tocsin.console.consents import actions_for_consent
from tocsin.console.gate import Viewer, done, needs, page, time_now
from tocsin.console.refusals import FormIncomplete, RoleLacksPermission
from tocsin.domain.action import Action, ActionState, Door
from tocsin.domain.expressions import text_of
from tocsin.domain.person import Permission
from tocsin.flow.act import Act
from tocsin.flow.act_waits import Waits
from tocsin.response.approving import APPROVAL_LASTS, roles_for
from tocsin.response.arguments import shown
from tocsin.response.executing import can_undo
from tocsin.response.planning import residual_words, undo_words
from tocsin.response.stops import EVERYTHING

ROWS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What this person can do with the action now."""

    roles: tuple[str, ...]
    can_withdraw: bool
    can_break: bool
    has_broken: bool
    can_undo: bool
    can_resolve: bool


@needs(Permission.READ)
def actions(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show actions, newest first, and what is stopped; a form asks for one, or only rehearses it."""
    if request.method != "POST":
        typed = {
            "incident": request.GET.get("incident", "")[:20],
            "action": request.GET.get("action", "")[:80],
            "arguments": "",
            "reason": "",
        }
        return _list(request, viewer, {"typed": typed})
    if not viewer.may_respond:
        raise RoleLacksPermission(viewer.role, Permission.RESPOND)
    names = ("incident", "action", "arguments", "reason")
    typed = {name: request.POST.get(name, "").strip() for name in names}
    arguments = _arguments(typed["arguments"])
    if request.POST.get("do") == "plan":
        wanted, _ = without_time(arguments)
        plan = act_of(current_app()).plan(typed["action"], wanted, door=Door.CONSOLE)
        return _list(request, viewer, {"typed": typed, "plan": plan_record(plan)})
    made = asked_for(
        current_app(),
        typed["incident"],
        typed["action"],
        arguments,
        by=viewer.username,
        door=Door.CONSOLE,
        reason=typed["reason"],
    )
    return done(request, f"{made.short_name} is proposed.", reverse("action", args=[made.number]))


@needs(Permission.READ)
def action(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Show one action: what it touches, what it waits for, and what this person can do with it."""
    act = act_of(current_app())
    one, waits = act.waits(number)
    # An action whose connector is gone, or whose file was changed, is still shown with what came of it.
    performer = act.ground.performers.get(one.name)
    declaration = performer.declaration if performer else None
    with current_app().store.reading() as shelves:
        incident = shelves.incidents.get(one.incident_id)
        others = [shelves.actions.by_id(each) for each in (one.undoes, one.undone_by) if each]
    context = {
        "room": "actions",
        "action": one,
        "incident": incident,
        "others": [each for each in others if each],
        "arguments": [(name, _told(value)) for name, value in sorted(shown(one.arguments).items())],
        "waits": waits,
        "lasts": text_of(one.revert_after) if one.revert_after else "",
        "consents": [(each, each.at + APPROVAL_LASTS) for each in one.approvals],
        "consent_lasts": text_of(APPROVAL_LASTS),
        "title": declaration.title if declaration else "This server knows no such action any more",
        "undo": undo_words(declaration) if declaration else "",
        "residual": residual_words(declaration) if declaration else "",
        "can": _choices(act, one, waits, viewer),
    }
    return page(request, viewer, "console/action.html", context)


@require_POST
@needs(Permission.READ)
def approve(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Consent, as a signed-in person, to the action as it was shown."""
    if not (viewer.may(Permission.APPROVE) or viewer.may_command):
        raise RoleLacksPermission(viewer.role, Permission.APPROVE)
    act = act_of(current_app())
    role, digest = request.POST.get("role", "")[:80], _text(request, "digest", "what was consented to")
    act.consenting.approve(number, viewer.username, door=Door.CONSOLE, role=role, digest=digest)
    return _done(request, number, f"You consent to ACT-{number}.")


@require_POST
@needs(Permission.RESPOND)
def withdraw(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Take a proposal back."""
    act_of(current_app()).withdraw(number, viewer.username, request.POST.get("reason", "").strip())
    return _done(request, number, f"ACT-{number} is withdrawn.")


@require_POST
@needs(Permission.READ)
def break_glass(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Be one of the people who let an action go on without its evidence."""
    if not (viewer.may(Permission.APPROVE) or viewer.may_command):
        raise RoleLacksPermission(viewer.role, Permission.APPROVE)
    reason = request.POST.get("reason", "").strip()
    act_of(current_app()).consenting.break_glass(
        number,
        viewer.username,
        door=Door.CONSOLE,
        reason=reason,
        digest=_text(request, "digest", "which action was shown"),
    )
    return _done(request, number, f"Your word on ACT-{number} is in the log; it takes two people.")


@require_POST
@needs(Permission.RESPOND)
def undo(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Propose to take an action back."""
    reason = request.POST.get("reason", "").strip()
    made = act_of(current_app()).undo(number, by=viewer.username, door=Door.CONSOLE, reason=reason)
    return _done(request, made.number, f"{made.short_name} is to take ACT-{number} back.")


@require_POST
@needs(Permission.COMMAND)
def resolve(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Say what the partner shows of an action that nobody could tell of."""
    took_effect = {"yes": True, "no": False}.get(request.POST.get("took_effect", ""))
    if took_effect is None:
        raise FormIncomplete("whether it took effect")
    note = _text(request, "note", "what the partner shows")
    act_of(current_app()).consenting.resolve(number, viewer.username, took_effect=took_effect, note=note)
    return _done(request, number, f"What you saw of ACT-{number} is in the log.")


@require_POST
@needs(Permission.COMMAND)
def stop(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Let no new call start."""
    scope = request.POST.get("scope", "").strip() or EVERYTHING
    reason = _text(request, "reason", "a reason")
    made = stopping_of(current_app()).stop(viewer.username, reason, scope)
    return done(request, f"{made.scope} is stopped. Calls in flight finish.", reverse("actions"))


@require_POST
@needs(Permission.ADMINISTER)
def start(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Let calls start again."""
    scope = _text(request, "scope", "what to start again")
    stopping_of(current_app()).start(viewer.username, scope)
    return done(request, f"{scope} may go on.", reverse("actions"))


def _list(request: HttpRequest, viewer: Viewer, context: dict[str, Any]) -> HttpResponse:
    app, act = current_app(), act_of(current_app())
    with app.store.reading() as shelves:
        rows = actions_of(shelves, None, ROWS)
        known = {each.incident_id: shelves.incidents.get(each.incident_id) for each in rows}
    waiting = actions_for_consent(app, viewer)
    asked = {each.action.number for each in waiting}
    rest = [(each, known[each.incident_id]) for each in rows if each.number not in asked]
    still_open = [{"action": one, "incident": its} for one, its in rest if one.state.is_open]
    over = [{"action": one, "incident": its} for one, its in rest if not one.state.is_open]
    groups = (
        ("waiting", "Waiting for consent", waiting),
        ("open", "Open", still_open),
        ("list", "Over", over),
    )
    names = [(name, act.ground.performers[name].declaration.title) for name in sorted(act.ground.performers)]
    framed = {
        "room": "actions",
        "groups": [each for each in groups if each[2]] or groups[-1:],
        "names": names,
        "stops": stopping_of(app).stopped(),
        "may_start": viewer.may(Permission.ADMINISTER),
        **context,
    }
    return page(request, viewer, "console/actions.html", framed)


def _choices(act: Act, one: Action, waits: Waits | None, viewer: Viewer) -> Choices:
    now, is_proposed = time_now(), one.state is ActionState.PROPOSED
    takes_second = waits is not None and waits.takes_second
    fitting = roles_for(viewer.username, one, act.ground.may_approve, now, takes_second=takes_second)
    glass = one.break_glass.people if one.break_glass else ()
    lacks = waits is not None and waits.lacks_evidence and not waits.is_never
    performer = act.ground.performers.get(one.name)
    may_break = viewer.may_command or viewer.may(Permission.APPROVE)
    return Choices(
        roles=tuple(role for role, can in fitting.items() if can and is_proposed and one.kept),
        can_withdraw=is_proposed and viewer.may_respond,
        can_break=lacks and may_break and viewer.username not in glass,
        has_broken=viewer.username in glass,
        can_undo=can_undo(one)
        and viewer.may_respond
        and performer is not None
        and performer.undo is not None,
        can_resolve=one.state is ActionState.UNKNOWN and viewer.may_command,
    )


def _arguments(text: str) -> dict[str, Any]:
    """Read `name = value` lines; a name that comes several times is a list."""
    read: dict[str, Any] = {}
    for each in filter(None, (line.strip() for line in text.splitlines())):
        name, equals, value = (part.strip() for part in each.partition("="))
        if not equals:
            raise FormIncomplete("an equals sign in each line of arguments")
        if name in read:
            before = read[name] if isinstance(read[name], list) else [read[name]]
            read[name] = [*before, value]
        else:
            read[name] = value
    return read


def _told(value: Any) -> Any:
    """Return a list as people write it."""
    return ", ".join(str(each) for each in value) if isinstance(value, list | tuple) else value


def _text(request: HttpRequest, name: str, missing: str) -> str:
    text = request.POST.get(name, "").strip()
    if not text:
        raise FormIncomplete(missing)
    return text


def _done(request: HttpRequest, number: int, words: str) -> HttpResponse:
    return done(request, words, reverse("action", args=[number]))
