"""Proves and reads what Slack sends: pressed buttons, slash commands, dialogs, events."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from tocsin.connectors.hook import (
    Answer,
    Errand,
    HookRequest,
    HookSecret,
    ReadHook,
    Told,
    Verified,
    demand,
    demand_recent,
    digest_of,
    same,
    the_one,
)
from tocsin.connectors.leaves import decoded_form, decoded_object, label, leaf, line_of, text, word
from tocsin.connectors.refusal import NotJson, UnknownFormat
from tocsin.connectors.slack.blocks import ACKNOWLEDGE, ESCALATE, NOTE
from tocsin.domain.partner import ActKind, ActOutcome, PartnerAct

# https://docs.slack.dev/authentication/verifying-requests-from-slack
SIGNATURE = "x-slack-signature"
TIMESTAMP = "x-slack-request-timestamp"
PARTNER = "slack"
NOTE_DIALOG = "tocsin_note"
HELP = "Say `ack INC-1`, `escalate INC-1`, `resolve INC-1 why`, or `note INC-1 what you saw`."

_BUTTONS = {ACKNOWLEDGE: ActKind.ACKNOWLEDGE, ESCALATE: ActKind.ESCALATE, "resolve": ActKind.RESOLVE}
_WORDS = {
    "ack": ActKind.ACKNOWLEDGE,
    "acknowledge": ActKind.ACKNOWLEDGE,
    "escalate": ActKind.ESCALATE,
    "resolve": ActKind.RESOLVE,
    "note": ActKind.NOTE,
}


@dataclass(frozen=True, slots=True)
class SlackHook:
    """Everything that Slack sends to one app's request URLs."""

    def kind(self, headers: Mapping[str, str]) -> str:
        """Return nothing: the body says what it is."""
        return ""

    def token(self, request: HookRequest) -> str:
        """Return nothing: bodies are signed."""
        return ""

    def verify(self, request: HookRequest, secrets: Sequence[HookSecret]) -> Verified:
        """Prove the raw bytes and the time beside them, at most 5 minutes from ours. Raises `Forged`."""
        given = demand(request.headers, SIGNATURE, "signature")
        at = demand(request.headers, TIMESTAMP, "timestamp")
        signed = f"v0:{at}:".encode() + request.body

        def proves(secret: HookSecret) -> bool:
            return same(given, f"v0={hmac.new(secret.key, signed, hashlib.sha256).hexdigest()}")

        proved = the_one(secrets, proves, "its signature is wrong")
        demand_recent(at, request.now)
        return Verified(secret=proved, replay_key=_delivery(request.body))

    def read(self, request: HookRequest) -> ReadHook:
        """Read a form with `payload`, a slash command, or an event in JSON. Raises `BodyRefused`."""
        if request.body.lstrip().startswith(b"{"):
            return _event(decoded_object(request.body))
        form = decoded_form(request.body)
        if "payload" in form:
            return _interaction(decoded_object(form["payload"].encode()), request)
        if "command" in form:
            return _command(form, request)
        raise UnknownFormat("The form is neither an interaction of Slack nor a slash command.")


def _delivery(body: bytes) -> str:
    """Return Slack's own id of a delivery, which its retries repeat; else the body's digest."""
    try:
        if body.lstrip().startswith(b"{"):
            own = word(decoded_object(body), "event_id")
        else:
            form = decoded_form(body)
            found = decoded_object(form["payload"].encode()) if "payload" in form else form
            own = word(found, "trigger_id")
    except NotJson:
        own = ""
    return own or digest_of(body)


def _event(event: dict[str, Any]) -> ReadHook:
    if word(event, "type") == "url_verification":
        told = orjson.dumps({"challenge": word(event, "challenge")[:1_000]})
        return ReadHook(answer=Answer(body=told))
    event.pop("token", None)
    return ReadHook(signals=(line_of({"slack_event": word(event, "event", "type"), **event}),))


def _interaction(payload: dict[str, Any], request: HookRequest) -> ReadHook:
    kind = word(payload, "type")
    if kind == "view_submission":
        return _note_written(payload)
    if kind != "block_actions":
        raise UnknownFormat("The interaction of Slack is none that our messages offer.")
    actions = leaf(payload, "actions")
    action = actions[0] if isinstance(actions, list) and actions else None
    name, incident = word(action, "action_id"), label(action, "value")
    if name == NOTE:
        return ReadHook(errands=(_dialog(payload, incident),))
    if name not in _BUTTONS:
        return ReadHook()
    act = replace(_act_of(payload, _BUTTONS[name]), incident=incident)
    response_url, home = word(payload, "response_url"), request.home_url

    def tell(outcomes: Sequence[ActOutcome]) -> Told:
        if not response_url:
            return Told()
        said = orjson.dumps(_private("\n".join(_words(each, home) for each in outcomes)))
        args = {"do": "reply", "url": response_url, "body": said.decode()}
        return Told(errands=(Errand(key=f"slack:{digest_of(request.body)}", args=args),))

    return ReadHook(acts=(act,), tell=tell)


def _dialog(payload: dict[str, Any], incident: str) -> Errand:
    """Ask for the text of a note; Slack lets a dialog be opened within 3 seconds of the press."""
    trigger = word(payload, "trigger_id")
    return Errand(
        key=f"slack:{digest_of(trigger)}", args={"do": "dialog", "trigger": trigger, "incident": incident}
    )


def _note_written(payload: dict[str, Any]) -> ReadHook:
    view = leaf(payload, "view")
    if word(view, "callback_id") != NOTE_DIALOG:
        raise UnknownFormat("The dialog of Slack is none of ours.")
    act = replace(
        _act_of(payload, ActKind.NOTE),
        incident=label(view, "private_metadata"),
        text=text(view, "state", "values", "note", "text", "value"),
    )

    def tell(outcomes: Sequence[ActOutcome]) -> Told:
        refused = [each for each in outcomes if not each.is_done]
        if not refused:
            return Told()
        errors = {"response_action": "errors", "errors": {"note": _words(refused[0], "")[:150]}}
        return Told(answer=Answer(body=orjson.dumps(errors)))

    return ReadHook(acts=(act,), tell=tell)


def _command(form: dict[str, str], request: HookRequest) -> ReadHook:
    if form.get("ssl_check"):
        return ReadHook()
    verb, _, rest = form.get("text", "").strip().partition(" ")
    incident, _, said = rest.strip().partition(" ")
    done = _WORDS.get(verb.lower())
    if done is None or not incident:
        return ReadHook(answer=Answer(body=orjson.dumps(_private(HELP))))
    act = PartnerAct(
        partner=PARTNER,
        person=f"{form.get('team_id', '')}.{form.get('user_id', '')}",
        shown=label(form, "user_name"),
        kind=done,
        incident=incident,
        text=text({"said": said}, "said"),
    )
    home = request.home_url

    def tell(outcomes: Sequence[ActOutcome]) -> Told:
        said = "\n".join(_words(each, home) for each in outcomes)
        return Told(answer=Answer(body=orjson.dumps(_private(said))))

    return ReadHook(acts=(act,), tell=tell)


def _act_of(payload: dict[str, Any], kind: ActKind) -> PartnerAct:
    team = word(payload, "user", "team_id") or word(payload, "team", "id")
    shown = label(payload, "user", "username") or label(payload, "user", "name")
    person = f"{team}.{word(payload, 'user', 'id')}"
    return PartnerAct(partner=PARTNER, person=person, shown=shown, kind=kind)


def _words(outcome: ActOutcome, home_url: str) -> str:
    """Return what the person is told; a link code only ever goes to the person alone."""
    if not outcome.link_code:
        return outcome.told
    where = f"{home_url}/link" if home_url else "/link in Tocsin"
    return (
        f"{outcome.told} Sign in, open {where} and enter the code {outcome.link_code} "
        "(once, within 30 minutes); then do it again here."
    )


def _private(said: str) -> dict[str, Any]:
    escaped = said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"response_type": "ephemeral", "replace_original": False, "text": escaped}


HOOK = SlackHook()
