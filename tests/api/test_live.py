from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from django.test import Client

from tocsin.api import live as live_module
from tocsin.api.doorkeeper import not_signed_in
from tocsin.api.live import MOST_DIGITS, REPLAY_AT_MOST, Live, frame
from tocsin.domain.person import Role
from tocsin.domain.timeline import Happening
from tocsin.flow.record import tell
from tocsin.incidents.changed import line
from tocsin.store.accounts import Accounts


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch) -> None:
    monkeypatch.setattr(live_module, "LOOK_S", 0.0)


def _events(app, last_seen: int | None, count: int, between: Any = None) -> list[tuple[str, dict, str]]:
    """Return the first events of a stream; `between` is done after the first look."""

    async def gather() -> list[bytes]:
        stream: AsyncIterator[bytes] = Live(app.store, app.clock).stream(last_seen, lambda: None)
        frames = [await anext(stream)]
        while len(frames) <= count:
            frames.append(await anext(stream))
            if between is not None and frames[-1].startswith(b"event: beat"):
                await asyncio.to_thread(between)
        await stream.aclose()
        return frames

    first, *rest = asyncio.run(gather())
    assert first.startswith(b"retry: ")
    return [_parsed(each) for each in rest]


def _parsed(raw: bytes) -> tuple[str, dict, str]:
    fields = dict(part.split(": ", 1) for part in raw.decode().strip().split("\n"))
    return fields["event"], orjson.loads(fields["data"]), fields.get("id", "")


def _write(app, count: int = 1) -> None:
    with app.store.transaction() as shelves:
        incident = shelves.incidents.by_number(1)
        for _ in range(count):
            entry = line(incident, Happening.NOTE, "hunter2", by="ben", now=app.clock.now())
            tell(shelves, incident, entry)
    app.hang_up()


def test_a_new_reader_hears_a_beat_and_then_what_is_new(app, opened) -> None:
    beat, row = _events(app, None, 2, between=lambda: _write(app))
    assert beat[0] == "beat"
    assert (row[0], row[1]["incident"], row[1]["kind"]) == ("row", "INC-1", "incident.note")
    assert row[2] == str(row[1]["number"])


def test_the_stream_says_that_something_was_said_and_never_what(app, opened) -> None:
    _write(app)
    with app.store.reading() as shelves:
        last = shelves.timeline.last_number()
    assert "hunter2" not in str(_events(app, last - 1, 1))


def test_who_comes_back_hears_what_was_missed(app, opened) -> None:
    with app.store.reading() as shelves:
        last = shelves.timeline.last_number()
    _write(app, 3)
    rows = _events(app, last, 3)
    assert [row[1]["number"] for row in rows] == [last + 1, last + 2, last + 3]


@pytest.mark.parametrize("last_seen", [-1, 10**9])
def test_who_was_away_too_long_or_claims_the_future_starts_anew(app, opened, last_seen) -> None:
    _write(app, REPLAY_AT_MOST)
    assert _events(app, last_seen, 1)[0][0] == "reset"


def test_a_frame_has_a_name_data_and_perhaps_a_number() -> None:
    assert frame("row", {"a": 1}, 7) == b'id: 7\nevent: row\ndata: {"a":1}\n\n'
    assert frame("beat", {}) == b"event: beat\ndata: {}\n\n"


@pytest.mark.parametrize(("role", "status"), [(None, 401), (Role.INGEST, 403)])
def test_who_may_not_read_hears_nothing(client, bearer, role, status) -> None:
    response = client.get("/live", headers=bearer(role) if role else {})
    assert response.status_code == status


@pytest.fixture
def short(monkeypatch) -> list[int | None]:
    """Let each stream end at once, and note where it was to begin."""
    asked: list[int | None] = []

    async def stream(self: Live, last_seen: int | None, admit: object) -> AsyncIterator[bytes]:
        asked.append(last_seen)
        yield frame("beat", {})

    monkeypatch.setattr(Live, "stream", stream)
    return asked


@pytest.mark.parametrize(
    ("sent", "asked"),
    [("", None), ("17", 17), ("-3", None), ("x", None), ("9" * 5000, None), ("9" * MOST_DIGITS, 10**18 - 1)],
)
def test_the_last_event_a_browser_saw_is_where_it_goes_on(client, bearer, short, sent, asked) -> None:
    response = client.get("/live", headers={**bearer(Role.VIEWER), "Last-Event-ID": sent})
    assert (response.status_code, short) == (200, [asked])
    assert response.headers["Content-Type"].startswith("text/event-stream")
    assert response.headers["Cache-Control"] == "no-cache"


def test_a_signed_in_browser_needs_no_token(client, app, short, sqlite_store) -> None:
    accounts = Accounts(sqlite_store)
    accounts.create("ben", "Ben", Role.RESPONDER)
    browser = Client()
    browser.force_login(accounts.by_username("ben"))
    cookie = browser.cookies["tocsin_session"].value
    assert client.get("/live", headers={"Cookie": f"tocsin_session={cookie}"}).status_code == 200
    assert client.get("/live", headers={"Cookie": "tocsin_session=guess"}).status_code == 401


def test_who_signs_out_hears_no_more(app, opened, monkeypatch) -> None:
    monkeypatch.setattr(live_module, "BEAT_S", 0.0)
    beats: list[bytes] = []

    def admit() -> None:
        if len(beats) == 2:
            raise not_signed_in()

    async def listen() -> None:
        async for heard in Live(app.store, app.clock).stream(None, admit):
            beats.extend([heard] if heard.startswith(b"event: beat") else [])

    asyncio.run(asyncio.wait_for(listen(), 10))
    assert len(beats) == 2
