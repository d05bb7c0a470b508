"""Bounds how many are inside at once, so that a flood is refused instead of suffered."""

from __future__ import annotations

import threading

from tocsin.domain.errors import Overloaded


class Turnstile:
    """Counts who is inside and turns away whoever would be one too many, at once and with 503."""

    def __init__(self, places: int) -> None:
        self._places = threading.Semaphore(places)

    def __enter__(self) -> None:
        if not self._places.acquire(blocking=False):
            raise Overloaded(
                "More requests are at work than this server takes at once.",
                means="Nothing of this request was accepted.",
                next_step="Send it again in a few seconds; raise TOCSIN_MAX_PENDING if this persists.",
            )

    def __exit__(self, *_: object) -> None:
        self._places.release()
