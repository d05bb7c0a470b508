"""The doors for alerts and signals: body read within limits, kept durably, then answered."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tocsin.api.bodies import read_body
from tocsin.api.doorkeeper import Doorkeeper, NotAllowed, NotSignedIn, token_in
from tocsin.api.problems import problem
from tocsin.app.wiring import App
from tocsin.domain.errors import Explained, Overloaded
from tocsin.domain.person import Permission

log = logging.getLogger("tocsin.intake")

T = TypeVar("T")
MB = 1024 * 1024
DRILL_PREFIX = "drill"


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
