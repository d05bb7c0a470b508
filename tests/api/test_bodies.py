from __future__ import annotations

import asyncio

import pytest
from starlette.requests import Request

from tocsin.api import bodies
from tocsin.api.bodies import BodyCutShort, BodyTooLarge, read_body


def _read(messages: list[dict], limit: int = 10, headers: list[tuple[bytes, bytes]] | None = None) -> bytes:
    waiting = iter(messages)

    async def receive() -> dict:
        return next(waiting)

    request = Request({"type": "http", "method": "POST", "headers": headers or []}, receive)
    return asyncio.run(read_body(request, limit))


def _part(body: bytes, *, more: bool = False) -> dict:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_is_read_whole() -> None:
    assert _read([_part(b"12345", more=True), _part(b"67890")]) == b"1234567890"


def test_a_body_that_grows_too_large_is_refused_as_soon_as_it_does() -> None:
    with pytest.raises(BodyTooLarge):
        _read([_part(b"12345", more=True), _part(b"678901", more=True)])


def test_a_body_that_says_it_is_too_large_is_not_even_read() -> None:
    with pytest.raises(BodyTooLarge):
        _read([], headers=[(b"content-length", b"11")])


@pytest.mark.parametrize("length", [b"-1", b"eleven", b"", b"1e9"])
def test_a_length_that_is_no_number_is_not_believed(length) -> None:
    assert _read([_part(b"1")], headers=[(b"content-length", length)]) == b"1"


def test_a_sender_that_goes_away_leaves_nothing() -> None:
    with pytest.raises(BodyCutShort):
        _read([_part(b"1", more=True), {"type": "http.disconnect"}])


def test_a_sender_that_stalls_is_given_up_and_leaves_nothing(monkeypatch) -> None:
    monkeypatch.setattr(bodies, "BODY_WITHIN_S", 0.05)
    parts = [_part(b"1", more=True)]

    async def receive() -> dict:
        if not parts:
            await asyncio.Event().wait()
        return parts.pop()

    request = Request({"type": "http", "method": "POST", "headers": []}, receive)
    with pytest.raises(BodyCutShort, match=r"after 0\.05 s"):
        asyncio.run(read_body(request, 10))
