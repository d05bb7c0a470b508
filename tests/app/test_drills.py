"""Game days: the cast, its on-call file, and a scenario played over HTTP."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import pytest

from tocsin.app import drills
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app
from tocsin.domain.alert import AlertReport
from tocsin.domain.arrival import Arrival
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import NotFound
from tocsin.domain.person import Role
from tocsin.intake.scenario import Cue
from tocsin.oncall.roster import parse_roster
from tocsin.oncall.schedules.duty import on_duty
from tocsin.store.accounts import Accounts
from tocsin.store.tokens import token_digest

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
NAME = "credential-stuffing"


@pytest.fixture
def accounts(sqlite_store) -> Accounts:
    return Accounts(sqlite_store)


@pytest.fixture
def app(sqlite_store, tmp_path):
    built = build_app(load_settings({"TOCSIN_HOME": str(tmp_path)}), clock=PushedClock(NOW))
    yield built
    built.hang_up()


class _Intake(ThreadingHTTPServer):
    """A server that answers as our intake does and remembers what it was sent."""

    def __init__(self, status: int, answer: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.status, self.answer = status, answer
        self.heard: list[tuple[str, str, bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Door(BaseHTTPRequestHandler):
    server: _Intake

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.path, self.headers["Authorization"], body))
        answer = self.server.answer or json.dumps({"accepted": body.count(b"\n"), "quarantined": 0}).encode()
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def intake(request):
    status, answer = getattr(request, "param", (200, b""))
    server = _Intake(status, answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_ben_is_called_first_and_ada_second(tmp_path) -> None:
    path = drills.write_oncall(tmp_path, PushedClock(NOW))
    assert path is not None
    roster = parse_roster(path.read_text(), str(path))
    assert roster.schedule is not None
    shift = on_duty(roster.schedule, (), NOW)
    assert shift.primary is not None
    assert shift.secondary is not None
    assert (shift.primary.person, shift.secondary.person) == ("ben", "ada")
    assert "drill" in path.read_text().splitlines()[0]


def test_an_on_call_file_of_ones_own_is_left_alone(tmp_path) -> None:
    own = tmp_path / "packs" / "team" / "oncall.yml"
    own.parent.mkdir(parents=True)
    own.touch()
    assert drills.write_oncall(tmp_path) is None
    assert not drills.oncall_path(tmp_path).exists()


def test_a_second_drill_keeps_the_rotation_of_the_first(tmp_path) -> None:
    clock = PushedClock(NOW)
    path = drills.write_oncall(tmp_path, clock)
    assert path is not None
    before = path.read_text()
    clock.push(timedelta(days=9))
    assert drills.write_oncall(tmp_path, clock) == path
    assert path.read_text() == before


def test_the_cast_is_marked_and_gets_links_that_work_once(accounts) -> None:
    seats = drills.seat_cast(accounts, NOW, timedelta(hours=1))
    roles = [(seat.username, seat.role) for seat in seats]
    assert roles == [("ada", Role.COMMANDER), ("ben", Role.RESPONDER), ("dana", Role.APPROVER)]
    assert all(account.is_drill for account in accounts.everybody())
    assert accounts.redeem(seats[0].token, NOW).username == "ada"
    assert accounts.redeem(seats[0].token, NOW) is None


def test_a_second_drill_seats_the_same_people(accounts) -> None:
    drills.seat_cast(accounts, NOW, timedelta(hours=1))
    assert len(drills.seat_cast(accounts, NOW, timedelta(hours=1))) == 3
    assert len(accounts.everybody()) == 3


def test_a_real_person_of_the_same_name_gets_no_link(accounts) -> None:
    accounts.create("ada", "Ada Lovelace", Role.VIEWER)
    assert [seat.username for seat in drills.seat_cast(accounts, NOW, timedelta(hours=1))] == ["ben", "dana"]
    assert accounts.by_username("ada").role == "viewer"


def test_the_cast_goes_with_its_file(accounts, tmp_path) -> None:
    drills.write_oncall(tmp_path)
    drills.seat_cast(accounts, NOW, timedelta(hours=1))
    assert drills.remove_cast(accounts, tmp_path) == 3
    assert accounts.everybody() == ()
    assert not drills.oncall_path(tmp_path).exists()
    assert drills.remove_cast(accounts, tmp_path) == 0


def test_a_play_sends_every_signal_in_a_few_batches_with_a_token_that_ends(app, intake) -> None:
    pauses = []
    played = drills.play(app, NAME, intake.url, pause=pauses.append)
    lines = [line for _, _, body in intake.heard for line in body.splitlines()]
    assert played.accepted == len(lines) > 50
    assert 3 <= len(intake.heard) <= drills.BATCHES
    assert sum(pauses) == pytest.approx(3.0)
    assert {path for path, _, _ in intake.heard} == {f"/ingest/signals?source=drill-{NAME}"}
    token = intake.heard[0][1].removeprefix("Bearer ")
    with app.store.reading() as shelves:
        (kept,) = shelves.tokens.listed()
        assert (kept["name"], kept["role"]) == ("drill", "ingest")
        assert shelves.tokens.role_of(token_digest(token), NOW) is None


@pytest.mark.parametrize("intake", [(503, b""), (200, b"<html>"), (200, b"{}")], indirect=True)
def test_a_server_that_does_not_take_it_ends_the_play_and_the_token(app, intake) -> None:
    with pytest.raises(drills.ServerUnreachable):
        drills.play(app, NAME, intake.url, pause=lambda _: None)
    with app.store.reading() as shelves:
        assert all(kept["revoked_at"] for kept in shelves.tokens.listed())


def test_nobody_at_the_address_is_said_with_the_way_out(app) -> None:
    with pytest.raises(drills.ServerUnreachable, match="gave no answer") as refused:
        drills.play(app, NAME, "http://127.0.0.1:9", pause=lambda _: None)
    assert "TOCSIN_PUBLIC_URL" in refused.value.next_step


def test_an_unknown_drill_is_refused_before_anything_is_made(app) -> None:
    with pytest.raises(NotFound, match="nonsense"):
        drills.play(app, "nonsense", "http://127.0.0.1:9")
    with app.store.reading() as shelves:
        assert shelves.tokens.listed() == ()


@pytest.fixture
def practise(app):
    """Return a function that lets the drill's alert fire, as the detection of a play does."""

    def fire(source: str = "detection:drill") -> None:
        now = app.clock.now()
        report = AlertReport(
            source=source,
            labels={"alertname": "stuffing", "severity": "critical", "ip": f"203.0.113.{len(source)}"},
            annotations={},
            starts_at=now,
            ends_at=now + timedelta(hours=1),
        )
        arrival = Arrival(
            arrival_id=uuid4(),
            connector="test",
            source=source,
            key=uuid4().hex,
            received_at=now,
            body=b"x",
        )
        app.take.alerts(arrival, [report])

    return fire


def _incidents(app):
    with app.store.reading() as shelves:
        return [(one.number, one.status.value, one.drill) for one in reversed(shelves.incidents.listed())]


def test_a_second_drill_opens_and_pages_afresh_although_the_first_was_never_answered(
    app, intake, practise
) -> None:
    practise()
    drills.play(app, NAME, intake.url, pause=lambda _: None)
    app.clock.push(timedelta(seconds=1))
    practise()
    assert _incidents(app) == [(1, "resolved", True), (2, "open", True)]
    with app.store.reading() as shelves:
        second = shelves.incidents.by_number(2)
        assert len(shelves.pages.of_incident(second.incident_id)) == 1
        first = shelves.timeline.of_incident(shelves.incidents.by_number(1).incident_id)
    assert (first[-1].actor, first[-1].text) == ("tocsin", "open → resolved: a new drill begins")


def test_a_new_drill_ends_no_real_incident(app, practise) -> None:
    practise("prometheus")
    assert drills.end_earlier(app) == ()
    assert _incidents(app) == [(1, "open", False)]


def test_a_drill_whose_alerts_are_over_is_ended_too(app, practise) -> None:
    practise()
    app.clock.push(timedelta(hours=2))
    assert [incident.number for incident in drills.end_earlier(app)] == [1]
    assert drills.end_earlier(app) == ()


def test_batches_have_equal_length_in_time_and_keep_the_order() -> None:
    cues = tuple(Cue(delay, b"%d" % delay) for delay in (0, 1, 4, 8))
    cut = drills.batches(cues, most=4)
    assert [[cue.delay_s for cue in batch] for batch in cut] == [[0, 1], [4], [8]]
    assert drills.batches((Cue(0.0, b"a"), Cue(0.0, b"b"))) == ((Cue(0.0, b"a"), Cue(0.0, b"b")),)
    assert drills.batches(()) == ()
