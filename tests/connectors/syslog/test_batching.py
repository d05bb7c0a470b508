"""Whoever sends waits until it is durable, also through trouble; nobody waits for ever for nothing."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

from tocsin.connectors.syslog.batching import Batching
from tocsin.domain.errors import Overloaded


async def _running(batching: Batching, *lines: list[bytes]) -> None:
    task = asyncio.create_task(batching.run())
    await asyncio.gather(*(batching.keep(each) for each in lines))
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def test_many_senders_share_one_append() -> None:
    appended: list[list[bytes]] = []
    asyncio.run(_running(Batching(lambda lines: appended.append(list(lines))), [b"a"], [b"b", b"c"], []))
    assert appended == [[b"a", b"b", b"c"]]


def test_what_the_disk_refuses_is_tried_again_in_order() -> None:
    tries: list[list[bytes]] = []

    def append(lines) -> None:
        tries.append(list(lines))
        if len(tries) < 3:
            raise Overloaded("Full.", means="Nothing kept.", next_step="Free space.")

    asyncio.run(_running(Batching(append, try_again_s=0), [b"a"]))
    assert tries == [[b"a"]] * 3


def test_what_is_held_when_all_ends_is_not_forgotten() -> None:
    kept: list[bytes] = []
    refused = threading.Event()

    def append(lines) -> None:
        if not refused.is_set():
            refused.set()
            raise Overloaded("Full.", means="Nothing kept.", next_step="Free space.")
        kept.extend(lines)

    async def story() -> None:
        batching = Batching(append, try_again_s=60)
        task = asyncio.create_task(batching.run())
        batching.add([b"a", b"b"])
        await asyncio.to_thread(refused.wait, 10)
        await asyncio.sleep(0.05)  # Until the loop has heard of it and waits for its next try.
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await asyncio.wait_for(batching.flush(), 10)

    asyncio.run(story())
    assert kept == [b"a", b"b"]


def test_datagrams_find_no_room_in_a_full_batch() -> None:
    batching = Batching(lambda lines: None)
    assert batching.has_room
    batching.add([b"x"] * 20_000)
    assert not batching.has_room
