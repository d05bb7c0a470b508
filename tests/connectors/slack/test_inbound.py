"""What Slack sends: buttons, commands, dialogs, events; who acts is only ever who Slack says."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import orjson
import pytest

from nouns import NOON
from tocsin.connectors.hook import Forged, HookRequest, HookSecret
from tocsin.connectors.refusal import BodyRefused
from tocsin.connectors.secret import Secret
from tocsin.connectors.slack.inbound import HELP, HOOK
from tocsin.domain.partner import ActKind, ActOutcome

USER = {"id": "U1", "team_id": "T1", "username": "ben"}


def _request(body: bytes, **headers: str) -> HookRequest:
    return HookRequest(headers=headers, body=body, source="default", now=NOON, home_url="https://t.example")


def _form(**fields: str) -> HookRequest:
    return _request(urlencode(fields).encode())


def _pressed(name: str, value: str = "INC-1", **given: object) -> HookRequest:
    actions = [{"action_id": name, "value": value}]
    payload = {"type": "block_actions", "user": USER, "actions": actions, "trigger_id": "13.37", **given}
    return _form(payload=json.dumps(payload))


def _outcome(act, *, done: bool = True, code: str = "") -> ActOutcome:
    return ActOutcome(act=act, is_done=done, told="INC-1 <is> done.", link_code=code)


def test_the_published_vector_is_proved_at_its_time_and_not_now(shared) -> None:
    from datetime import UTC, datetime  # noqa: PLC0415

    vector = json.loads((shared / "captures" / "signature_vectors.json").read_text())["slack"]
    secrets = (HookSecret(secret=Secret(vector["secret"]), name="1"),)
    headers = {"x-slack-request-timestamp": vector["timestamp"], "x-slack-signature": vector["value"]}
    then = datetime.fromtimestamp(int(vector["timestamp"]), UTC)
    body = vector["body"].encode()
    request = HookRequest(headers=headers, body=body, source="default", now=then)
    assert HOOK.verify(request, secrets).secret == 0
    with pytest.raises(Forged, match="5 minutes"):
        HOOK.verify(_request(body, **headers), secrets)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("acknowledge", ActKind.ACKNOWLEDGE), ("escalate", ActKind.ESCALATE), ("resolve", ActKind.RESOLVE)],
)
def test_a_button_is_an_act_of_the_person_on_its_incident(name: str, kind: ActKind) -> None:
    (act,) = HOOK.read(_pressed(name)).acts
    assert (act.kind, act.who, act.incident, act.shown) == (kind, "slack:T1.U1", "INC-1", "ben")


def test_the_answer_to_a_button_is_private_and_sent_afterwards() -> None:
    read = HOOK.read(_pressed("acknowledge", response_url="https://hooks.slack.com/actions/x"))
    told = read.tell([_outcome(read.acts[0], done=False, code="AAAAA-BBBBB")])
    (errand,) = told.errands
    said = orjson.loads(errand.args["body"])
    assert (said["response_type"], said["replace_original"]) == ("ephemeral", False)
    assert "https://t.example/link and enter the code AAAAA-BBBBB" in said["text"]
    assert "&lt;is&gt;" in said["text"]
    assert told.answer.body == b""


def test_a_button_without_a_way_to_answer_is_answered_by_nothing() -> None:
    read = HOOK.read(_pressed("acknowledge"))
    assert read.tell([]).errands == ()


def test_the_note_button_asks_for_the_text() -> None:
    (errand,) = HOOK.read(_pressed("note")).errands
    assert errand.args == {"do": "dialog", "trigger": "13.37", "incident": "INC-1"}


@pytest.mark.parametrize("name", ["open", "runbook", "", "drop_tables"])
def test_other_buttons_do_nothing(name: str) -> None:
    read = HOOK.read(_pressed(name))
    assert (read.acts, read.errands) == ((), ())


def test_a_written_note_is_an_act_and_a_refusal_is_shown_beside_the_text() -> None:
    view = {
        "callback_id": "tocsin_note",
        "private_metadata": "INC-1",
        "state": {"values": {"note": {"text": {"value": "It is the disk."}}}},
    }
    payload = {"type": "view_submission", "user": USER, "view": view}
    read = HOOK.read(_form(payload=json.dumps(payload)))
    (act,) = read.acts
    assert (act.kind, act.incident, act.text) == (ActKind.NOTE, "INC-1", "It is the disk.")
    assert read.tell([_outcome(act)]).answer.body == b""
    refused = orjson.loads(read.tell([_outcome(act, done=False, code="A-B")]).answer.body)
    assert "A-B" in refused["errors"]["note"]


@pytest.mark.parametrize(
    ("text", "kind", "incident", "said"),
    [
        ("ack INC-1", ActKind.ACKNOWLEDGE, "INC-1", ""),
        ("  ACK   inc-2 ", ActKind.ACKNOWLEDGE, "inc-2", ""),
        ("resolve INC-1 the disk was full", ActKind.RESOLVE, "INC-1", "the disk was full"),
        ("note INC-1 a & b", ActKind.NOTE, "INC-1", "a & b"),
        ("escalate INC-1", ActKind.ESCALATE, "INC-1", ""),
    ],
)
def test_a_command_is_an_act_and_answered_at_once(text: str, kind: ActKind, incident: str, said: str) -> None:
    read = HOOK.read(_form(command="/tocsin", text=text, team_id="T1", user_id="U1", user_name="ben"))
    (act,) = read.acts
    assert (act.kind, act.incident, act.text, act.who) == (kind, incident, said, "slack:T1.U1")
    told = orjson.loads(read.tell([_outcome(act)]).answer.body)
    assert (told["response_type"], "done" in told["text"]) == ("ephemeral", True)


@pytest.mark.parametrize("text", ["", "help", "ack", "dance INC-1"])
def test_any_other_command_is_told_how(text: str) -> None:
    read = HOOK.read(_form(command="/tocsin", text=text))
    assert (read.acts, orjson.loads(read.answer.body)["text"]) == ((), HELP)


def test_slacks_check_of_our_certificate_is_answered() -> None:
    assert HOOK.read(_form(command="/tocsin", ssl_check="1")).answer.body == b""


def test_an_address_is_confirmed_by_its_challenge() -> None:
    read = HOOK.read(_request(b'{"type": "url_verification", "challenge": "abc", "token": "t"}'))
    assert orjson.loads(read.answer.body) == {"challenge": "abc"}


def test_an_event_is_a_signal_without_slacks_old_token() -> None:
    (line,) = HOOK.read(_request(b'{"type": "event_callback", "token": "t", "event": {"type": "x"}}')).signals
    assert "token" not in orjson.loads(line)


@pytest.mark.parametrize(
    "request_",
    [
        _request(b"a=1"),
        _request(b"{"),
        _form(payload="7"),
        _form(payload='{"type": "shortcut"}'),
        _form(payload='{"type": "view_submission", "view": {"callback_id": "other"}}'),
    ],
)
def test_what_our_messages_do_not_offer_is_refused(request_: HookRequest) -> None:
    with pytest.raises(BodyRefused):
        HOOK.read(request_)


def test_a_delivery_is_known_by_slacks_own_id() -> None:
    import hashlib  # noqa: PLC0415
    import hmac  # noqa: PLC0415

    secret = HookSecret(secret=Secret("s"), name="1")
    stamp = str(int(NOON.timestamp()))

    def key(body: bytes) -> str:
        signed = hmac.new(b"s", f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
        headers = {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={signed}"}
        return HOOK.verify(_request(body, **headers), (secret,)).replay_key

    assert key(b'{"event_id": "Ev1", "retry": 0}') == key(b'{"event_id": "Ev1", "retry": 1}')
    assert key(_pressed("acknowledge").body) == "13.37"
    assert key(b"command=x&trigger_id=9.9") == "9.9"
    assert len(key(b"no form")) == len(key(b"{")) == 64
