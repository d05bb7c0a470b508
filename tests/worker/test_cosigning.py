from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from signed_log import last_head, sealed_entries
from tocsin.app.cosigning import tiles_of
from tocsin.audit.cosignature import cosigner_key
from tocsin.audit.note import parse_vkey
from tocsin.audit.policy import Group, Policy, Witness
from tocsin.connectors.witness.client import Answered
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind
from tocsin.flow.cosign import CONTRADICTION, Cosign
from tocsin.process.witness import WitnessServer, open_witness
from tocsin.worker.cosigning import ASK_AGAIN_AFTER, REST_S, Cosigning


@dataclass
class Near:
    """A real witness, asked without a network, that writes down what came and can be made to say more."""

    server: WitnessServer
    statuses: list[int] = field(default_factory=list)
    instead: Callable[[bytes], Answered] | None = None

    def submit(self, content: bytes) -> Answered:
        if self.instead is not None:
            return self.instead(content)
        answer = self.server.add(content)
        self.statuses.append(int(answer.status))
        return Answered(int(answer.status), answer.text.encode())


@pytest.fixture
def near(app, tmp_path, clock) -> dict[str, Near]:
    policy = f"log {app.signer.verifier_key}\nquorum none\n".encode()
    return {
        name: Near(open_witness(tmp_path / name, f"{name}.example", policy, clock)) for name in ("w1", "w2")
    }


@pytest.fixture
def chapter(app, near) -> Cosign:
    # The one is believed by its Ed25519 key, the other by its ML-DSA-44 key.
    keys = [each.server.cosigners[number].key for number, each in enumerate(near.values())]
    policy = Policy(
        witnesses=tuple(Witness(name, key) for name, key in zip(near, keys, strict=True)),
        groups=(Group("both", 2, tuple(near)),),
        quorum="both",
    ).with_log(parse_vkey(app.signer.verifier_key), cosigner_key(app.signer.second_key))
    return Cosign(app.store, app.clock, app.take, app.locker, policy)


@pytest.fixture
def cosigning(app, chapter, near):
    made = Cosigning(chapter, app.clock, near, tiles_of(app).grown)
    yield made
    made.close()


def contradictions(app) -> list[dict[str, object]]:
    with app.store.reading() as shelves:
        return [json.loads(each) for each in shelves.marks.all(CONTRADICTION).values()]


def test_each_head_is_cosigned_by_all_and_only_once(app, chapter, cosigning, near, clock) -> None:
    assert cosigning.round() == REST_S
    for expected in ([200], [200, 200]):
        sealed_entries(app, 5)
        cosigning.round()
        cosigning.round()
        assert chapter.is_quorate(last_head(app))
        assert [each.statuses for each in near.values()] == [expected] * 2
        clock.push(timedelta(seconds=10))
    assert app.proving.verify().sound
    assert contradictions(app) == []


def test_a_client_that_lost_track_learns_the_size(app, chapter, cosigning, near) -> None:
    sealed_entries(app, 5)
    cosigning.round()
    sealed_entries(app, 5)
    again = Cosigning(chapter, app.clock, near, tiles_of(app).grown)
    again.round()
    again.close()
    assert [each.statuses for each in near.values()] == [[200, 409, 200]] * 2
    assert chapter.is_quorate(last_head(app))


@pytest.mark.parametrize(
    "answer",
    [
        Answered(200, b"no lines"),
        Answered(409, b"no size"),
        Answered(500, b""),
        Answered(404, b""),
    ],
)
def test_a_witness_that_fails_is_left_alone_for_a_while(app, chapter, cosigning, near, clock, answer) -> None:
    asked = []

    def fail(content: bytes) -> Answered:
        asked.append(content)
        return answer

    near["w2"].instead = fail
    sealed_entries(app)
    cosigning.round()
    cosigning.round()
    assert chapter.missing(last_head(app)) == {"w2"}
    assert len(asked) == 1
    clock.push(ASK_AGAIN_AFTER)
    near["w2"].instead = None
    cosigning.round()
    assert chapter.is_quorate(last_head(app))
    assert contradictions(app) == []


def test_a_witness_that_cannot_be_reached_delays_nobody(app, chapter, cosigning, near) -> None:
    def unreachable(content: bytes) -> Answered:
        raise DeliveryFailed(FailureKind.RETRY_LATER, "w2 cannot be reached")

    near["w2"].instead = unreachable
    sealed_entries(app)
    cosigning.round()
    assert chapter.missing(last_head(app)) == {"w2"}


def test_a_false_cosignature_is_not_kept(app, chapter, cosigning, near) -> None:
    near["w2"].instead = lambda content: Answered(200, near["w1"].server.add(content).text.encode())
    sealed_entries(app)
    cosigning.round()
    assert chapter.missing(last_head(app)) == {"w2"}


def test_a_log_whose_tail_was_cut_is_contradicted_by_who_saw_it(app, cosigning, near, memory_store) -> None:
    sealed_entries(app, 5)
    shorter = last_head(app)
    sealed_entries(app, 5)
    cosigning.round()
    # The database is put back to its earlier state; the witnesses still know better.
    cosigning.chapter = replace(cosigning.chapter, store=Cut(app.store, shorter))
    cosigning.grown = lambda number, checkpoint: tiles_of(app).grown(number, shorter)
    cosigning.round()
    found = contradictions(app)
    assert {(each["witness"], each["status"], each["size"]) for each in found} == {
        ("w1", 409, 10),
        ("w2", 409, 10),
    }
    assert b"old 5" in app.locker.open(str(found[0]["request"])).read()


def test_another_log_under_the_same_name_is_contradicted(app, cosigning, near) -> None:
    sealed_entries(app, 5)
    cosigning.round()
    near["w1"].instead = lambda content: Answered(422, b"The proof does not fit.\n")
    sealed_entries(app, 1)
    cosigning.round()
    (found,) = contradictions(app)
    assert (found["witness"], found["status"], found["size"]) == ("w1", 422, 6)
    assert app.locker.open(str(found["answer"])).read() == b"The proof does not fit.\n"


def test_a_witness_that_was_told_of_a_newer_head_meanwhile_does_not_contradict(
    app, chapter, cosigning, near
) -> None:
    sealed_entries(app, 5)
    older = last_head(app)
    sealed_entries(app, 5)
    cosigning.round()
    tiles = tiles_of(app).grown(1, last_head(app))
    assert cosigning._ask("w1", 1, replace(older, note=older.note), tiles) == ()
    assert contradictions(app) == []


class Cut:
    """A store whose log ends earlier than it once did."""

    def __init__(self, store, head) -> None:
        self._store = store
        self._head = head

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    @contextmanager
    def reading(self):
        with self._store.reading() as shelves:
            yield Shortened(shelves, self._head)


class Shortened:
    def __init__(self, shelves, head) -> None:
        self._shelves = shelves
        self._head = head

    @property
    def log(self):
        return ShortLog(self._shelves.log, self._head)

    def __getattr__(self, name: str) -> object:
        return getattr(self._shelves, name)


class ShortLog:
    def __init__(self, log, head) -> None:
        self._log = log
        self._head = head

    def last_checkpoint(self):
        return self._head

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)
