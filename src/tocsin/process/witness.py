"""What `tocsin-witness` serves: heads of logs that only grew are cosigned, for others than the logs' owner.

Protocol: https://c2sp.org/tlog-witness (v1.0.0). Nobody signs in: the log's signature is all that counts.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tocsin.audit.checkpoint import Head
from tocsin.audit.cosignature import ED25519_COSIGNATURE, ML_DSA_44, CosignerKey, cosign, with_cosignatures
from tocsin.audit.note import NoteKey, NoteSignature, format_note, is_key_name, parse_note
from tocsin.audit.policy import parse_policy
from tocsin.audit.witnessing import (
    SIZE_TYPE,
    Decision,
    RequestRefused,
    Submission,
    Verdict,
    decide,
    origin_of,
    parse_submission,
)
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Misconfigured
from tocsin.store.whole_files import create_whole

# A note of at most 131,072 bytes, 63 hashes of 45 bytes, and the line before them.
MAX_REQUEST_BYTES = 140_000
BUSY_WITHIN_S = 5.0
# An ML-DSA-44 cosignature has one byte for the length of a name.
MAX_NAME_BYTES = 255

_TABLES = """
CREATE TABLE IF NOT EXISTS heads (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS refused (
    origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, status INTEGER NOT NULL,
    last_size INTEGER NOT NULL, request BLOB NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (origin, size, root, status, last_size)
);
"""


@dataclass(frozen=True, slots=True)
class Cosigner:
    """One of the witness's own keys."""

    key: CosignerKey
    sign: Callable[[bytes], bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: a status, a text, its media type."""

    status: int
    text: str
    media_type: str = "text/plain; charset=utf-8"


class Notebook:
    """What the witness remembers, in SQLite, durable before any answer is given."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with closing(self._opened()) as rows:
            rows.executescript(_TABLES)

    def last(self, origin: str) -> str | None:
        """Return the note that was cosigned last, with our lines."""
        with closing(self._opened()) as rows:
            found = rows.execute("SELECT note FROM heads WHERE origin = ?", (origin,)).fetchone()
        return None if found is None else str(found[0])

    @contextmanager
    def alone(self) -> Iterator[sqlite3.Connection]:
        """Hold off all others until what was compared is stored."""
        with closing(self._opened()) as rows:
            rows.execute("BEGIN IMMEDIATE")
            # The connection commits at the end of its block, and rolls back when an error leaves it.
            with rows:
                yield rows

    def _opened(self) -> sqlite3.Connection:
        rows = sqlite3.connect(self._path, timeout=BUSY_WITHIN_S, isolation_level=None)
        rows.execute("PRAGMA journal_mode = WAL")
        rows.execute("PRAGMA synchronous = FULL")
        return rows


@dataclass(frozen=True, slots=True)
class WitnessServer:
    """Answers requests about the logs it knows; keeps its memory in a notebook."""

    cosigners: Sequence[Cosigner]
    logs: Mapping[str, Sequence[NoteKey]]
    notebook: Notebook
    clock: Clock

    def add(self, content: bytes) -> Answer:
        """Answer one request; whatever changes is stored before this returns."""
        try:
            submission = parse_submission(content)
            origin = origin_of(submission)
        except RequestRefused as refused:
            return Answer(Verdict.MALFORMED, f"{refused.happened}\n")
        now = self.clock.now()
        with self.notebook.alone() as rows:
            decision = decide(submission, self.logs, _last_head(rows, origin))
            if decision.verdict is Verdict.COSIGNED and decision.head is not None:
                lines = self._lines(submission, now)
                bare = _bare(submission, self.logs[origin])
                _remember(rows, decision.head, with_cosignatures(bare, lines), now)
                # The lines stand behind a text and an empty line in a note; here they stand alone.
                return Answer(Verdict.COSIGNED, format_note("", lines)[1:])
            if decision.verdict.is_signed_refusal and decision.head is not None:
                _keep_refused(rows, decision, decision.head, content, now)
        if decision.verdict is Verdict.OTHER_SIZE:
            return Answer(Verdict.OTHER_SIZE, f"{decision.size}\n", SIZE_TYPE)
        return Answer(decision.verdict, f"{decision.reason}\n")

    def latest(self, digest: str) -> Answer:
        """Return the latest cosigned checkpoint of the log whose origin has this SHA-256 (hex)."""
        for origin in self.logs:
            if sha256(origin.encode()).hexdigest() == digest:
                note = self.notebook.last(origin)
                if note is not None:
                    return Answer(200, note)
        return Answer(404, "No checkpoint of such a log was cosigned here.\n")

    def _lines(self, submission: Submission, now: datetime) -> list[NoteSignature]:
        text = parse_note(submission.note).text
        return [cosign(text, each.key, each.sign, int(now.timestamp())) for each in self.cosigners]


def witness_app(server: WitnessServer) -> Starlette:
    """Return the ASGI application: `/add-checkpoint` and `/<origin's hash>/checkpoint`."""

    async def add(request: Request) -> Response:
        content = b""
        async for piece in request.stream():
            content += piece
            if len(content) > MAX_REQUEST_BYTES:
                return PlainTextResponse("The request is too long.\n", 413, headers={"Connection": "close"})
        try:
            return _response(await run_in_threadpool(server.add, content))
        except sqlite3.OperationalError:
            return PlainTextResponse("The witness cannot write its memory now; ask again.\n", 503)

    async def latest(request: Request) -> Response:
        # No authentication: a checkpoint is made to be shown.
        return _response(await run_in_threadpool(server.latest, request.path_params["digest"]))

    return Starlette(
        routes=[
            Route("/add-checkpoint", add, methods=["POST"]),
            Route("/{digest}/checkpoint", latest, methods=["GET"]),
        ]
    )


def open_witness(home: Path, name: str, policy: bytes, clock: Clock) -> WitnessServer:
    """Open a witness's home folder; keys and memory are made on first use.

    `policy` is a tlog-policy file whose `log` lines say which logs are cosigned. Raises `Misconfigured` for a
    name that no key can bear, a policy without logs or an unfit key file; `PolicyRefused`.
    """
    if not is_key_name(name) or len(name.encode()) > MAX_NAME_BYTES:
        raise _unfit("The witness's name is empty, too long, or holds a space or a plus sign.")
    logs: dict[str, list[NoteKey]] = {}
    for line in parse_policy(policy).logs:
        logs.setdefault(line.key.name, []).append(line.key)
    if not logs or any(len(origin.encode()) > MAX_NAME_BYTES for origin in logs):
        raise _unfit(f"The policy names no log, or one whose name is longer than {MAX_NAME_BYTES} bytes.")
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return WitnessServer(cosigners_in(home, name), logs, Notebook(home / "witness.db"), clock)


def cosigners_in(home: Path, name: str) -> tuple[Cosigner, ...]:
    """Return the witness's two keys, made on first use. Raises `Misconfigured` for an unfit key file.

    Each lies in a file of its own: an Ed25519 cosigner's key must never serve two names, so the name is part
    of what is made once.
    """
    create_whole(home / "name", name.encode())
    if (home / "name").read_bytes() != name.encode():
        raise _unfit("The keys in this folder belong to a witness of another name.")
    first = _key_in(home / "ed25519.key", Ed25519PrivateKey.generate)
    second = _key_in(home / "ml-dsa-44.key", MLDSA44PrivateKey.generate)
    if not isinstance(first, Ed25519PrivateKey) or not isinstance(second, MLDSA44PrivateKey):
        raise _unfit("A key file in this folder holds another kind of key.")
    return (
        Cosigner(CosignerKey(name, ED25519_COSIGNATURE, first.public_key().public_bytes_raw()), first.sign),
        Cosigner(CosignerKey(name, ML_DSA_44, second.public_key().public_bytes_raw()), second.sign),
    )


def _last_head(rows: sqlite3.Connection, origin: str) -> Head | None:
    found = rows.execute("SELECT size, root FROM heads WHERE origin = ?", (origin,)).fetchone()
    return None if found is None else Head(origin, int(found[0]), bytes(found[1]))


def _remember(rows: sqlite3.Connection, head: Head, note: str, now: datetime) -> None:
    rows.execute(
        "INSERT OR REPLACE INTO heads (origin, size, root, note, at) VALUES (?, ?, ?, ?, ?)",
        (head.origin, head.size, head.root, note, now.isoformat()),
    )


def _keep_refused(
    rows: sqlite3.Connection, decision: Decision, head: Head, content: bytes, now: datetime
) -> None:
    """Keep what the log signed and we refused, once each: it may prove that the log misbehaved."""
    rows.execute(
        "INSERT OR IGNORE INTO refused (origin, size, root, status, last_size, request, at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (head.origin, head.size, head.root, decision.verdict, decision.size, content, now.isoformat()),
    )


def _bare(submission: Submission, keys: Sequence[NoteKey]) -> str:
    """Return the note with the log's own lines only: for the others nobody here vouches."""
    note = parse_note(submission.note)
    known = {(key.name, key.key_id) for key in keys}
    return format_note(note.text, [line for line in note.signatures if (line.name, line.key_id) in known])


def _key_in(path: Path, make: Callable[[], Ed25519PrivateKey | MLDSA44PrivateKey]) -> object:
    if not path.exists():
        pem = make().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        create_whole(path, pem)
    if path.stat().st_mode & 0o077:
        raise _unfit(f"Other users of this machine can open the key {path}.")
    try:
        return load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError):
        return None


def _unfit(happened: str) -> Misconfigured:
    return Misconfigured(
        happened,
        means="The witness is not started, and no log is cosigned.",
        next_step="Correct the arguments of tocsin-witness, or restore its home folder; see docs/log.md.",
    )


def _response(answer: Answer) -> Response:
    return Response(answer.text, answer.status, media_type=None, headers={"Content-Type": answer.media_type})
