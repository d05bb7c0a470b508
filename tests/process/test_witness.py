from __future__ import annotations

import sqlite3
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.testclient import TestClient

from nouns import NOON
from tocsin.audit.checkpoint import Head, body
from tocsin.audit.cosignature import cosigned_at_s
from tocsin.audit.merkle import consistency_path, leaf_hash, root_of
from tocsin.audit.note import NoteSignature, VerifierKey, format_note, verify_note
from tocsin.audit.witnessing import Submission, cosignatures_in, format_submission
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import Misconfigured
from tocsin.process.witness import MAX_REQUEST_BYTES, WitnessServer, open_witness, witness_app

ORIGIN = "tocsin.example/audit"
PRIVATE = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
LOG = VerifierKey(ORIGIN, PRIVATE.public_key().public_bytes_raw())
POLICY = f"log {LOG.text}\nquorum none\n".encode()
HASHES = [leaf_hash(b"%d" % number) for number in range(50)]
FORKED = [leaf_hash(b"fork %d" % number) for number in range(50)]
PATH = f"/{sha256(ORIGIN.encode()).hexdigest()}/checkpoint"


def note(size: int, hashes: list[bytes] = HASHES, private: Ed25519PrivateKey = PRIVATE) -> str:
    text = body(Head(ORIGIN, size, root_of(hashes[:size])))
    return format_note(text, [NoteSignature(LOG.name, LOG.key_id, private.sign(text.encode()))])


def request(old: int, size: int, hashes: list[bytes] = HASHES) -> bytes:
    return format_submission(Submission(old, consistency_path(old, size, hashes), note(size, hashes)))


@pytest.fixture
def clock() -> PushedClock:
    return PushedClock(NOON)


@pytest.fixture
def server(tmp_path: Path, clock: PushedClock) -> WitnessServer:
    return open_witness(tmp_path / "home", "witness.example/w1", POLICY, clock)


@pytest.fixture
def http(server: WitnessServer) -> TestClient:
    return TestClient(witness_app(server))


def test_a_head_that_grew_gets_a_line_of_each_key(server: WitnessServer, http: TestClient) -> None:
    answer = http.post("/add-checkpoint", content=request(0, 5))
    assert answer.status_code == 200
    keys = [each.key for each in server.cosigners]
    cosigned = note(5) + answer.text
    assert len(verify_note(cosigned, keys).signatures) == 2
    assert {cosigned_at_s(line.signature) for line in cosignatures_in(answer.content)} == {
        int(NOON.timestamp())
    }
    assert http.get(PATH).text == cosigned
    assert http.get(PATH).headers["content-type"] == "text/plain; charset=utf-8"


def test_every_answer_of_the_protocol(server: WitnessServer, http: TestClient) -> None:
    def post(content: bytes) -> tuple[int, str]:
        answer = http.post("/add-checkpoint", content=content)
        return answer.status_code, answer.headers["content-type"]

    text = "text/plain; charset=utf-8"
    assert http.get(PATH).status_code == http.get("/00/checkpoint").status_code == 404
    assert post(b"nonsense") == (400, text)
    assert post(request(0, 5).replace(ORIGIN.encode(), b"other.example")) == (404, text)
    stranger = Ed25519PrivateKey.from_private_bytes(b"\x09" * 32)
    assert post(format_submission(Submission(0, (), note(5, HASHES, stranger)))) == (403, text)
    assert post(format_submission(Submission(9, (), note(5)))) == (400, text)
    assert post(request(3, 5)) == (409, "text/x.tlog.size")
    assert post(request(0, 5)) == (200, text)
    conflict = http.post("/add-checkpoint", content=request(0, 7))
    assert (conflict.status_code, conflict.text) == (409, "5\n")
    assert post(request(5, 7, FORKED)) == (422, text)
    assert post(request(5, 7)) == (200, text)
    assert http.post("/add-checkpoint", content=bytes(MAX_REQUEST_BYTES + 1)).status_code == 413


def test_the_same_head_again_is_a_heartbeat(http: TestClient, clock: PushedClock) -> None:
    http.post("/add-checkpoint", content=request(0, 5))
    clock.push(timedelta(seconds=60))
    answer = http.post("/add-checkpoint", content=request(5, 5))
    times = {cosigned_at_s(line.signature) for line in cosignatures_in(answer.content)}
    assert times == {int(NOON.timestamp()) + 60}


def test_what_the_log_signed_and_was_refused_is_kept_once(server: WitnessServer, tmp_path: Path) -> None:
    server.add(request(0, 5))
    for _ in range(3):
        server.add(request(5, 7, FORKED))
        server.add(request(3, 9))
        server.add(b"nonsense")
    rows = sqlite3.connect(tmp_path / "home" / "witness.db")
    kept = rows.execute("SELECT size, status, request FROM refused ORDER BY size").fetchall()
    assert kept == [(7, 422, request(5, 7, FORKED)), (9, 409, request(3, 9))]


def test_lines_of_others_are_not_shown_as_ours(server: WitnessServer) -> None:
    strange = format_note("", [NoteSignature("stranger", b"1234", b"x" * 72)])[1:]
    server.add(format_submission(Submission(0, (), note(5) + strange)))
    assert "stranger" not in server.latest(sha256(ORIGIN.encode()).hexdigest()).text


def test_many_requests_at_once_never_take_the_witness_back(tmp_path: Path, clock: PushedClock) -> None:
    servers = [open_witness(tmp_path / "home", "w1", POLICY, clock) for _ in range(3)]

    def grow(size: int) -> int:
        answer = servers[size % 3].add(request(0, size))
        while answer.status == 409 and int(answer.text) <= size:
            answer = servers[size % 3].add(request(int(answer.text), size))
        return answer.status

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(grow, [1 + (5 * n) % 49 for n in range(49)]))
    assert set(statuses) <= {200, 409}
    assert open_witness(tmp_path / "home", "w1", POLICY, clock).add(request(49, 50)).status == 200


def test_two_forks_of_one_size_are_never_both_cosigned(tmp_path: Path, clock: PushedClock) -> None:
    servers = [open_witness(tmp_path / "home", "w1", POLICY, clock) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        for size in range(1, 9):
            before = request(size - 1, size), request(size - 1, size, FORKED)
            statuses = sorted(pool.map(lambda n, b=before: servers[n].add(b[n]).status, range(2)))
            assert statuses[0] == 200 or size > 1
            assert statuses.count(200) <= 1


def test_a_memory_that_cannot_be_written_cosigns_nothing(server: WitnessServer, tmp_path: Path) -> None:
    rows = sqlite3.connect(tmp_path / "home" / "witness.db")
    rows.execute("DROP TABLE heads")
    answer = TestClient(witness_app(server)).post("/add-checkpoint", content=request(0, 5))
    assert answer.status_code == 503


def test_keys_and_memory_outlive_the_process(
    tmp_path: Path, server: WitnessServer, clock: PushedClock
) -> None:
    server.add(request(0, 5))
    again = open_witness(tmp_path / "home", "witness.example/w1", POLICY, clock)
    assert [each.key for each in again.cosigners] == [each.key for each in server.cosigners]
    assert again.add(request(0, 5)).text == "5\n"
    modes = {(tmp_path / "home" / name).stat().st_mode & 0o777 for name in ("ed25519.key", "ml-dsa-44.key")}
    assert modes == {0o600}
    with pytest.raises(Misconfigured, match="another name"):
        open_witness(tmp_path / "home", "w2", POLICY, clock)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "n" * 256])
def test_a_name_that_no_key_can_bear_is_refused(tmp_path: Path, clock: PushedClock, name: str) -> None:
    with pytest.raises(Misconfigured, match="name"):
        open_witness(tmp_path, name, POLICY, clock)


def test_a_home_that_is_unfit_is_refused(tmp_path: Path, server: WitnessServer, clock: PushedClock) -> None:
    with pytest.raises(Misconfigured, match="names no log"):
        open_witness(tmp_path / "home", "w1", b"quorum none\n", clock)
    key = tmp_path / "home" / "ml-dsa-44.key"
    key.write_bytes((tmp_path / "home" / "ed25519.key").read_bytes())
    with pytest.raises(Misconfigured, match="another kind"):
        open_witness(tmp_path / "home", "witness.example/w1", POLICY, clock)
    key.write_bytes(b"garbage")
    with pytest.raises(Misconfigured, match="another kind"):
        open_witness(tmp_path / "home", "witness.example/w1", POLICY, clock)
    key.chmod(0o644)
    with pytest.raises(Misconfigured, match="Other users"):
        open_witness(tmp_path / "home", "witness.example/w1", POLICY, clock)


def test_a_proof_is_base64_lines(server: WitnessServer) -> None:
    server.add(request(0, 5))
    proof = b"".join(b64encode(each) + b"\n" for each in consistency_path(5, 7, HASHES))
    assert server.add(b"old 5\n" + proof + b"\n" + note(7).encode()).status == 200
