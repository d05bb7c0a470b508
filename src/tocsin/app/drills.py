"""Game days: seats a cast of practice accounts and plays a scenario through the real intake, over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx

from tocsin.app.tokens import end_token, make_token
from tocsin.app.wiring import App
from tocsin.domain.alert import Alert, AlertReport
from tocsin.domain.arrival import Arrival
from tocsin.domain.clock import Clock, SystemClock
from tocsin.domain.errors import Explained
from tocsin.domain.incident import Incident, Status
from tocsin.domain.person import Role
from tocsin.incidents.changed import TOCSIN
from tocsin.intake.scenario import Cue, Scenario, expand, parse_scenario
from tocsin.store.accounts import Accounts

TOKEN_NAME = "drill"
TOKEN_LIVES = timedelta(hours=1)
BATCHES = 4
TIMEOUT_S = 30.0
BEGINS_ANEW = "a new drill begins"
ACTIVE = tuple(status for status in Status if status.is_active)

CAST = (
    ("ada", "Ada", Role.COMMANDER),
    ("ben", "Ben", Role.RESPONDER),
    ("dana", "Dana", Role.APPROVER),
)

ONCALL = """\
# Made by a drill: Ben is called first, Ada second; every page stays in the Inbox, which reaches nobody.
# Remove this file, or put an oncall.yml of your own into another folder of packs, to call real people.
# `tocsin person remove --drill` removes it together with the practice accounts.

people:
  ben: {name: Ben, contacts: [{channel: inbox, address: ben}]}
  ada: {name: Ada, contacts: [{channel: inbox, address: ada}]}

schedule:
  zone: UTC
  rotation: weekly
  handover: "00:00"
  starts: "STARTS"
  people: [ben, ada]

escalation:
  P1:
    - {after: 0m, page: primary}
    - {after: 5m, page: primary}
    - {after: 10m, page: secondary}
  P2:
    - {after: 0m, page: primary}
    - {after: 10m, page: secondary}

notices:
  - channel: inbox
    address: administrators
    severities: [P1, P2, P3, P4]
    events: [opened, escalated, resolved]
"""

# Nobody sets this event: waiting for it is a pause.
_PAUSE = threading.Event().wait


class ServerUnreachable(Explained):
    """No Tocsin answers at the address."""

    code = "server_unreachable"


@dataclass(frozen=True, slots=True)
class Seat:
    """One member of the cast and the token of a one-time sign-in link, shown once."""

    username: str
    name: str
    role: Role
    token: str


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a drill's signals."""

    scenario: Scenario
    accepted: int
    quarantined: int


def oncall_path(home: Path) -> Path:
    """Return where a drill's on-call file lies."""
    return home / "packs" / "drill" / "oncall.yml"


def write_oncall(home: Path, clock: Clock | None = None) -> Path | None:
    """Put the cast on call, before the application is built; None when the home has its own on-call file.

    A drill's own file of earlier stays as it is. The rotation begins today, in UTC, with Ben's week.
    """
    path = oncall_path(home)
    if any(other != path for other in (home / "packs").glob("*/oncall.yml")):
        return None
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        today = (clock or SystemClock()).now().date()
        path.write_text(ONCALL.replace("STARTS", today.isoformat()), encoding="utf-8")
    return path


def seat_cast(accounts: Accounts, now: datetime, valid_for: timedelta) -> tuple[Seat, ...]:
    """Make the cast's accounts where they are missing, and a one-time link for each.

    An account of the same name that is no drill account is a person's: it gets neither link nor role.
    """
    seats = []
    for username, name, role in CAST:
        known = accounts.by_username(username)
        if known is None:
            accounts.create(username, name, role, is_drill=True)
        elif not known.is_drill:
            continue
        seats.append(Seat(username, name, role, accounts.sign_in_link(username, now, valid_for)))
    return tuple(seats)


def remove_cast(accounts: Accounts, home: Path) -> int:
    """Remove the cast's accounts and the drill's on-call file; return how many accounts went."""
    removed = accounts.remove_drill()
    oncall_path(home).unlink(missing_ok=True)
    return removed


def read_drill(app: App, name: str) -> Scenario:
    """Return a scenario of the packs. Raises `NotFound`, `PackProblem`."""
    file = app.packs.drill(name)
    return parse_scenario(file.text, file.path)


def play(app: App, name: str, base_url: str, *, pause: Callable[[float], object] = _PAUSE) -> Played:
    """Play a scenario against the server at an address, with a token made for it and revoked afterwards.

    What an earlier drill left open ends first, for otherwise the play would join it and page nobody.
    Raises `NotFound`, `PackProblem`, `ServerUnreachable`.
    """
    scenario = read_drill(app, name)
    end_earlier(app)
    cues = expand(scenario, app.clock.now())
    accepted = quarantined = 0
    with _token(app) as token, _client(base_url, token) as client:
        before = 0.0
        for batch in batches(cues):
            pause(batch[-1].delay_s - before)
            before = batch[-1].delay_s
            counts = _post(client, scenario.source, batch)
            accepted += counts["accepted"]
            quarantined += counts["quarantined"]
    return Played(scenario, accepted, quarantined)


def end_earlier(app: App) -> tuple[Incident, ...]:
    """Resolve the drill incidents that are still active, and end their alerts; return those incidents."""
    with app.store.reading() as shelves:
        active = shelves.incidents.listed(ACTIVE, limit=shelves.incidents.count(ACTIVE))
    drills = tuple(incident for incident in active if incident.drill)
    for incident in drills:
        app.close.move(incident.incident_id, Status.RESOLVED, TOCSIN, BEGINS_ANEW)
    with app.store.reading() as shelves:
        alerts = [alert for one in drills for alert in shelves.alerts.of_incident(one.incident_id)]
    now = app.clock.now()
    firing = [_ended(alert, now) for alert in alerts if not alert.is_resolved(now)]
    if firing:
        arrival_id = uuid4()
        arrival = Arrival(
            arrival_id=arrival_id,
            connector="drill",
            source="drill",
            key=f"drill:{arrival_id}",
            received_at=now,
            body=BEGINS_ANEW.encode(),
        )
        app.take.alerts(arrival, firing)
    return drills


def _ended(alert: Alert, now: datetime) -> AlertReport:
    """An alert that goes on is the same episode and opens nothing; one that ended and fires again does."""
    return AlertReport(
        source=alert.source,
        labels=alert.labels,
        annotations=alert.annotations,
        starts_at=min(alert.starts_at, now),
        ends_at=now,
        generator_url=alert.generator_url,
    )


def batches(cues: tuple[Cue, ...], most: int = BATCHES) -> tuple[tuple[Cue, ...], ...]:
    """Cut a play into at most so many parts of equal length in time, leaving out empty ones."""
    last = cues[-1].delay_s if cues else 0.0
    parts: list[list[Cue]] = [[] for _ in range(most)]
    for cue in cues:
        parts[min(int(cue.delay_s / last * most), most - 1) if last else 0].append(cue)
    return tuple(tuple(part) for part in parts if part)


@contextmanager
def _token(app: App) -> Iterator[str]:
    """Lend a token for as long as the play lasts; it also ends by itself."""
    made = make_token(
        app.store, app.clock, name=TOKEN_NAME, role=Role.INGEST, lives=TOKEN_LIVES, actor=TOKEN_NAME
    )
    try:
        yield made.text
    finally:
        end_token(app.store, app.clock, made.number, actor=TOKEN_NAME)


def _client(base_url: str, token: str) -> httpx.Client:
    # The environment's proxies are for the world outside; this server is ours.
    return httpx.Client(
        base_url=base_url,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"},
        timeout=TIMEOUT_S,
        trust_env=False,
    )


def _post(client: httpx.Client, source: str, batch: tuple[Cue, ...]) -> dict[str, int]:
    body = b"".join(cue.line + b"\n" for cue in batch)
    try:
        answer = client.post("/ingest/signals", params={"source": source}, content=body)
        answer.raise_for_status()
        counts = answer.json()
        return {"accepted": int(counts["accepted"]), "quarantined": int(counts["quarantined"])}
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
        raise _unreachable(str(client.base_url), error) from error


def _unreachable(url: str, error: Exception) -> ServerUnreachable:
    status = error.response.status_code if isinstance(error, httpx.HTTPStatusError) else None
    how = f"answered {status}" if status else f"gave no answer of Tocsin ({type(error).__name__})"
    return ServerUnreachable(
        f"The server at {url} {how}.",
        means="The drill was not played to its end.",
        next_step="Start it with `tocsin up`, or set TOCSIN_PUBLIC_URL to the address it listens on.",
    )
