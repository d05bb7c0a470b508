"""The monitor over a real database: what Eve does behind our back becomes an incident within a minute."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connections

from nouns import NOON
from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app
from tocsin.audit.monitoring import Concern, report
from tocsin.domain.action import StandingApproval
from tocsin.domain.clock import PushedClock
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import Receipt
from tocsin.domain.timeline import Happening
from tocsin.flow.breach import incident_of
from tocsin.flow.cosign import CONTRADICTION
from tocsin.flow.record import note
from tocsin.store.django_store import DjangoStore
from tocsin.store.guards import Guards
from tocsin.store.leaf import leaf_hash
from tocsin.worker.monitoring import COMPARED_EVERY, REST_S, Monitoring, monitoring_of
from tocsin.worker.seals import seals_of

Turn = Callable[[], None]


@pytest.fixture
def clock() -> PushedClock:
    return PushedClock(NOON)


@pytest.fixture
def app(tmp_path: Path, database_store: DjangoStore, clock: PushedClock) -> App:
    built = build_app(load_settings({}, home=tmp_path), clock=clock)
    write(built, 5)
    seals_of(built).round()
    return built


@pytest.fixture
def monitoring(app: App, clock: PushedClock) -> Monitoring:
    """Return the monitor after its first look, whose clock is the database's where that has one."""
    made = monitoring_of(app)
    guards = made.guards
    made.guards = lambda: _at(guards(), clock.now())
    assert made.round() == REST_S
    assert incidents(app) == []
    return made


def _at(guards, now: datetime):
    return replace(guards, now=now if guards.now else None)


def write(app: App, count: int) -> None:
    with app.store.transaction() as shelves:
        for _ in range(count):
            note(shelves, Happening.NOTE, at=app.clock.now())


def incidents(app: App) -> list[tuple[str, str]]:
    with app.store.reading() as shelves:
        return [(each.type, str(each.severity)) for each in shelves.incidents.listed()]


def descriptions(app: App) -> str:
    with app.store.reading() as shelves:
        return " ".join(each.annotations["description"] for each in shelves.alerts.recent())


def eve(*statements: str, values: tuple[object, ...] = ()) -> None:
    """Write to the tables as their owner, past their guards."""
    with connections["default"].cursor() as cursor:
        if connections["default"].vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            guards = cursor.fetchall()
            for name, _ in guards:
                cursor.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                cursor.execute(statement, values)
            for _, sql in guards:
                cursor.execute(sql)
            return
        for table in ("store_leaf", "store_logwaiting", "store_checkpoint"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        for statement in statements:
            cursor.execute(statement, values)
        for table in ("store_leaf", "store_logwaiting", "store_checkpoint"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
            cursor.execute(
                "SELECT tgname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid"
                " WHERE relname = %s AND NOT tgisinternal",
                [table],
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
        cursor.execute("DELETE FROM store_logtrace")


def test_a_changed_signed_entry_is_a_p1_incident_within_a_minute(app, monitoring, clock) -> None:
    forged = b'{"forged": true}'
    eve(
        'UPDATE store_leaf SET content = %s, leaf_hash = %s WHERE "index" = 2',
        values=(forged, leaf_hash(forged)),
    )
    clock.push(timedelta(seconds=REST_S))
    monitoring.round()
    assert incidents(app) == [("audit-integrity", "P1")]
    assert app.logs.broken(1).first_broken == 2


def test_a_long_log_is_read_again_part_by_part(app, monitoring, clock) -> None:
    monitoring.most = 2
    monitoring._watch = None
    write(app, 3)
    clock.push(timedelta(seconds=10))
    seals_of(app).round()
    for _ in range(5):
        monitoring.round()
        assert app.logs.number == 1
    eve('UPDATE store_leaf SET content = %s WHERE "index" = 3', values=(b"{}",))
    monitoring._watch = None
    rounds = 0
    while app.logs.number == 1:
        monitoring.round()
        rounds += 1
    assert rounds <= 4
    assert app.logs.broken(1).first_broken == 3


def test_an_entry_that_is_gone_from_a_part_is_found(app, monitoring) -> None:
    monitoring.most = 4
    eve('DELETE FROM store_leaf WHERE "index" = 1')
    monitoring._watch = None
    monitoring.round()
    assert app.logs.broken(1).first_broken == 1


def test_a_shorter_log_is_read_as_a_whole_at_once(app, monitoring) -> None:
    monitoring.most = 1
    eve('DELETE FROM store_leaf WHERE "index" = 4', "DELETE FROM store_checkpoint")
    monitoring.round()
    assert (app.logs.broken(1).first_broken, app.logs.broken(1).kind) == (4, "entry_missing")


def test_a_line_taken_from_the_inbox_is_missed(app, monitoring, clock) -> None:
    write(app, 3)
    eve("DELETE FROM store_logwaiting WHERE counter = 7")
    clock.push(timedelta(seconds=REST_S))
    seals_of(app).round()
    monitoring.round()
    assert incidents(app) == [("audit-integrity", "P1")]
    assert "line 7 vanished" in descriptions(app)
    assert app.logs.number == 1, "what is in the log is as it was written"


def test_a_line_put_into_the_inbox_is_told_and_gets_no_place(app, monitoring, clock) -> None:
    eve(
        "INSERT INTO store_logwaiting (entry_id, content, mac) VALUES (%s, %s, %s)",
        values=("7" * 32, b"{}", b"guessed"),
    )
    clock.push(timedelta(seconds=REST_S))
    seals_of(app).round()
    for _ in range(3):
        monitoring.round()
    assert incidents(app) == [("audit-integrity", "P1")]
    assert "did not write waits" in descriptions(app)
    assert app.proving.verify_all()[0].verdict.size == 5


def test_a_guard_that_is_gone_is_told_once(app, monitoring) -> None:
    name = "leaf_never_changes"
    on = " ON store_leaf" if connections["default"].vendor == "postgresql" else ""
    with connections["default"].cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}{on}")
    for _ in range(3):
        monitoring.round()
    assert incidents(app) == [("audit-integrity", "P1")]
    assert name in descriptions(app)


def test_a_log_that_stops_growing_is_told_and_the_alert_ends_with_it(app, monitoring, clock) -> None:
    clock.push(timedelta(minutes=11))
    monitoring.round()
    assert [kind for kind, _ in incidents(app)] == ["service-degradation"]
    write(app, 1)
    seals_of(app).round()
    monitoring.round()
    with app.store.reading() as shelves:
        (alert,) = shelves.alerts.recent()
    assert alert.is_resolved(clock.now())


def test_a_table_that_is_gone_is_told_and_starts_no_successor(app, monitoring) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("ALTER TABLE store_checkpoint RENAME TO elsewhere")
    for _ in range(2):
        monitoring.round()
    assert incidents(app) == [("audit-integrity", "P1")]
    assert app.logs.number == 1


def _contradicted(app: App, witness: str, origin: str) -> None:
    request, _ = app.locker.keep(io.BytesIO(f"old 3\n\n{origin}\n5\nroot\n\n{witness}\n".encode()))
    told = {"witness": witness, "status": 422, "size": 5, "request": request, "answer": request, "at": ""}
    with app.store.transaction() as shelves:
        mark = {f"{witness} {origin}": json.dumps(told).encode()}
        shelves.marks.keep(CONTRADICTION, mark, app.clock.now())


def test_a_witness_that_contradicts_the_log_is_believed_once(app, monitoring, clock) -> None:
    _contradicted(app, "w1", "elsewhere/audit")
    monitoring.round()
    assert app.logs.number == 1
    _contradicted(app, "w1", "tocsin.local/audit")
    monitoring.round()
    monitoring.round()
    broken = app.logs.broken(1)
    assert (app.logs.number, broken.kind, broken.first_broken) == (2, "log_contradicted", None)
    assert "w1 answered 422" in broken.reason
    assert incidents(app) == [("audit-integrity", "P1")]
    seals_of(app).round()
    _contradicted(app, "w1", "tocsin.local/audit/2")
    monitoring.round()
    assert app.logs.number == 2


def test_what_the_database_does_not_tell_is_told(app, monitoring) -> None:
    monitoring.guards = lambda: Guards(missing=(), tables={}, unseen="It does not tell.")
    monitoring.round()
    assert [kind for kind, _ in incidents(app)] == ["service-degradation"]


def test_poisoned_marks_are_told_and_keep_nothing_from_being_found(app, monitoring) -> None:
    lost = json.dumps({"witness": "w1", "status": 422, "request": "00" * 32, "answer": "00" * 32})
    with app.store.transaction() as shelves:
        marks = {"x": lost.encode(), "damaged": b"{", "odd": b"[]", "half": b'{"request": 7}'}
        shelves.marks.keep(CONTRADICTION, marks, app.clock.now())
    eve('UPDATE store_leaf SET content = %s WHERE "index" = 2', values=(b"{}",))
    assert monitoring.round() == REST_S
    assert app.logs.broken(1).first_broken == 2
    assert set(incidents(app)) == {("audit-integrity", "P1")}
    assert "was not written by Tocsin" in descriptions(app)


def test_without_the_table_of_marks_a_log_is_frozen_and_people_are_called(app, monitoring) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("ALTER TABLE store_sourcemark RENAME TO elsewhere")
    eve('UPDATE store_leaf SET content = %s WHERE "index" = 2', values=(b"{}",))
    assert monitoring.round() == REST_S
    assert app.logs.broken(1).first_broken == 2
    with app.store.reading() as shelves:
        told = shelves.alerts.recent() or shelves.inbox.of("administrators")
    assert told


def test_a_mark_written_beforehand_mutes_nobody(app, monitoring, clock) -> None:
    with app.store.transaction() as shelves:
        for kind in ("log-break", "log-break-kept"):
            shelves.marks.keep(kind, {"1": clock.now().isoformat().encode()}, clock.now())
    eve('UPDATE store_leaf SET content = %s WHERE "index" = 2', values=(b"{}",))
    monitoring.round()
    assert incidents(app) == [("audit-integrity", "P1")]
    with app.store.reading() as shelves:
        assert "log-1-break.json" in {each.name for each in shelves.exhibits.all()}
    known = {Concern.FOREIGN.value: b"muted"}
    monkey = report(Concern.FOREIGN, "muted", clock.now())
    with app.store.transaction() as shelves:
        shelves.marks.keep("log-watch", known, clock.now())
        assert incident_of(shelves, monkey) is None
    monitoring._tell({Concern.FOREIGN: "muted"})
    with app.store.reading() as shelves:
        assert incident_of(shelves, monkey) is not None


def test_where_a_trigger_swallows_the_incident_people_are_called_past_the_database(
    app, monitoring, clock, caplog
) -> None:
    sent: list[Message] = []
    monitoring.outcry.channels = {"inbox": Pigeon(sent)}
    swallow()
    eve('UPDATE store_leaf SET content = %s WHERE "index" = 2', values=(b"{}",))
    for _ in range(3):
        clock.push(timedelta(seconds=REST_S))
        monitoring.round()
        seals_of(app).round()
    assert (app.logs.number, incidents(app)) == (2, [])
    with app.store.reading() as shelves:
        assert shelves.log.of(2).size() > 0, "the successor goes on"
    assert any("log tocsin.local/audit is broken" in each.subject for each in sent)
    assert any("zz" in each.text for each in sent), "what swallows it is named"
    assert "NO INCIDENT COULD BE OPENED" in caplog.text
    swallow(is_over=True)
    clock.push(timedelta(seconds=REST_S))
    monitoring.round()
    assert ("audit-integrity", "P1") in incidents(app)


def test_a_row_that_says_other_than_the_log_is_told_within_ten_minutes(app, monitoring, clock) -> None:
    approval = StandingApproval(
        number=0,
        person="eve",
        action="iam.disable",
        bounds={},
        trigger=(),
        per_hour=9,
        given_at=clock.now(),
        expires_at=clock.now() + timedelta(days=9),
    )
    with app.store.transaction() as shelves:
        shelves.actions.add_standing(approval)
    monitoring.round()
    assert incidents(app) == [], "it was looked a moment ago"
    clock.push(COMPARED_EVERY)
    for _ in range(2):
        monitoring.round()
    assert ("audit-integrity", "P1") in incidents(app)
    assert "standing approval 1 is not in the log" in descriptions(app)


@dataclass
class Pigeon:
    """A channel that carries everything."""

    sent: list[Message]
    name: str = "inbox"
    is_real: bool = True

    def send(self, message: Message, address: str) -> Receipt:
        self.sent.append(message)
        return Receipt("taken")


def swallow(*, is_over: bool = False) -> None:
    """Let the database drop each incident of a broken log without a word."""
    postgres = connections["default"].vendor == "postgresql"
    with connections["default"].cursor() as cursor:
        if is_over:
            cursor.execute("DROP TRIGGER zz" + (" ON store_incident" if postgres else ""))
        elif postgres:
            cursor.execute(
                "CREATE FUNCTION zz() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$"
            )
            cursor.execute(
                "CREATE TRIGGER zz BEFORE INSERT ON store_incident FOR EACH ROW EXECUTE FUNCTION zz()"
            )
        else:
            cursor.execute(
                "CREATE TRIGGER zz BEFORE INSERT ON store_incident WHEN NEW.type = 'audit-integrity'"
                " BEGIN SELECT RAISE(IGNORE); END"
            )
