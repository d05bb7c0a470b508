from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nouns import NOON
from signed_log import sealed_entries
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app
from tocsin.audit.cosignature import ED25519_COSIGNATURE, CosignerKey, cosign, cosigner_key
from tocsin.audit.note import NoteSignature, parse_vkey
from tocsin.audit.policy import Policy, Witness
from tocsin.domain.clock import PushedClock
from tocsin.flow.cosign import CONTRADICTION, Contradiction, Cosign

SEEN = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
SEEN_KEY = CosignerKey("w1", ED25519_COSIGNATURE, SEEN.public_key().public_bytes_raw())
ALARM = "CosignatureLate"


@pytest.fixture
def clock() -> PushedClock:
    return PushedClock(NOON)


@pytest.fixture
def app(tmp_path, clock, memory_store):
    return build_app(load_settings({}, home=tmp_path / "home"), clock=clock, store=memory_store)


@pytest.fixture
def chapter(app) -> Cosign:
    keys = parse_vkey(app.signer.verifier_key), cosigner_key(app.signer.second_key)
    policy = Policy(witnesses=(Witness("w", SEEN_KEY),), quorum="w").with_log(*keys)
    return Cosign(app.store, app.clock, app.take, app.locker, policy)


def line(checkpoint, time_s: int = 7) -> NoteSignature:
    return cosign(checkpoint.note.partition("\n\n")[0] + "\n", SEEN_KEY, SEEN.sign, time_s)


def alerts(app) -> list[str]:
    with app.store.reading() as shelves:
        found = shelves.alerts.unresolved(app.clock.now(), 50)
    return [each.labels["severity"] for each in found if each.labels["alertname"] == ALARM]


def test_the_alarm_opens_an_incident_of_p2(app, chapter, clock) -> None:
    sealed_entries(app)
    chapter.look()
    clock.push(timedelta(seconds=60))
    chapter.look()
    with app.store.reading() as shelves:
        (incident,) = shelves.incidents.listed(limit=5, offset=0)
    assert incident.severity == "P2"


def test_a_cosignature_is_kept_beside_the_head_of_the_same_size(app, chapter) -> None:
    sealed_entries(app)
    number, last = chapter.last()
    assert (number, chapter.missing(last), chapter.is_quorate(last)) == (1, {"w"}, False)
    assert chapter.keep(last, [line(last)]) == ("w",)
    assert chapter.keep(last, [line(last, 9)]) == ()
    with app.store.reading() as shelves:
        heads = shelves.log.checkpoints()
    assert [each.size for each in heads] == [last.size] * 2
    assert chapter.last()[1] == heads[1]
    assert chapter.missing(heads[1]) == frozenset()
    assert chapter.is_quorate(heads[1])
    assert (heads[1].signed_at, heads[1].root) == (last.signed_at, last.root)
    assert app.proving.verify().sound


def test_a_false_line_is_left_out_and_a_late_one_is_kept_at_its_size(app, chapter, clock) -> None:
    sealed_entries(app)
    _, first = chapter.last()
    false_line = NoteSignature(SEEN_KEY.name, SEEN_KEY.key_id, bytes(72))
    assert chapter.keep(first, [false_line, NoteSignature("stranger", b"1234", b"x")]) == ()
    clock.push(timedelta(seconds=10))
    sealed_entries(app)
    assert chapter.keep(first, [line(first)]) == ("w",)
    with app.store.reading() as shelves:
        assert [each.size for each in shelves.log.checkpoints()] == [1, 1, 2]
        assert shelves.log.last_checkpoint().size == 2
    assert app.proving.verify().sound


def test_a_minute_without_quorum_is_an_alert_that_its_return_ends(app, chapter, clock) -> None:
    assert chapter.look().size == 0
    sealed_entries(app)
    assert chapter.look().waiting_since == NOON
    clock.push(timedelta(seconds=59))
    chapter.look()
    assert alerts(app) == []
    clock.push(timedelta(seconds=1))
    chapter.look()
    chapter.look()
    assert alerts(app) == ["high"]
    _, last = chapter.last()
    chapter.keep(last, [line(last)])
    clock.push(timedelta(seconds=1))
    assert chapter.look().size == last.size
    clock.push(timedelta(seconds=1))
    assert alerts(app) == []


def test_a_contradiction_is_kept_once_with_request_and_answer(app, chapter) -> None:
    found = Contradiction(witness="w", status=422, answer=b"no", request=b"old 5\n\nnote", size=7)
    digest = chapter.contradicted(found)
    assert chapter.contradicted(found) == digest
    with app.store.reading() as shelves:
        (mark,) = shelves.marks.all(CONTRADICTION).values()
    told = json.loads(mark)
    assert (told["witness"], told["status"], told["size"], told["request"]) == ("w", 422, 7, digest)
    assert told["at"] == NOON.isoformat()
    assert app.locker.open(told["answer"]).read() == b"no"
    assert app.locker.open(digest).read() == found.request
    assert app.locker.keep(BytesIO(found.request))[0] == digest
