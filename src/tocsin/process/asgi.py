"""The one ASGI application: Starlette at the front door, Django behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from anyio.to_thread import current_default_thread_limiter
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from tocsin.api.alertmanager.routes import alertmanager_routes
from tocsin.api.bodies import MB
from tocsin.api.health import health_routes
from tocsin.api.heartbeat import heartbeat_routes
from tocsin.api.hooks import hook_routes
from tocsin.api.intake import doorkeeper_of, intake_routes
from tocsin.api.live import live_routes
from tocsin.api.otlp import otlp_routes
from tocsin.api.telephone import telephone_routes
from tocsin.api.tiles import tile_routes
from tocsin.api.turnstile import Turnstile
from tocsin.api.vestibule import UPLOADS_AT_ONCE, Vestibule
from tocsin.app.wiring import App
from tocsin.console.security import SecurityHeaders
from tocsin.process.standing import Standing
from tocsin.worker.loops import Loop

DJANGO_THREADS = 8
THREADS = 16
"""Threads of all other doors together; on PostgreSQL each keeps a connection open."""
CONSOLE_AFTER_S = 1.0
_ONCE_S = 86_400.0


def build_asgi(app: App, *, on_start: Callable[[], None] = lambda: None) -> ASGIApp:
    """Return the application; its lifespan starts the loops, calls `on_start`, and stops them.

    Another application can take its place while it serves (see `Standing`).
    """
    standing = Standing(app, _doors)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = THREADS
        await run_in_threadpool(standing.begin, Loop("console", _load_console, after_s=CONSOLE_AFTER_S))
        on_start()
        try:
            yield
        finally:
            standing.end()

    life = Starlette(lifespan=lifespan)

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        await (life if scope["type"] == "lifespan" else standing)(scope, receive, send)

    return SecurityHeaders(inside)


def _doors(app: App) -> ASGIApp:
    """Return all doors of one application."""
    return Starlette(
        routes=[
            *health_routes(app),
            *intake_routes(app),
            *alertmanager_routes(app),
            *telephone_routes(app),
            *heartbeat_routes(app),
            *hook_routes(app),
            *otlp_routes(app),
            *live_routes(app),
            *tile_routes(app),
            Mount("/static", StaticFiles(packages=[("tocsin.console", "static")])),
            Mount("/", _django(app)),
        ],
    )


def _load_console() -> float:
    """Load every page before the first visitor asks, once alerts are taken; return how long to rest.

    Django loads them at the first request, which then takes a second or more.
    """
    _ = get_resolver().url_patterns
    return _ONCE_S


def _django(app: App) -> ASGIApp:
    """Return Django as an ASGI application; its own ASGI handler costs three times as much a request."""
    django = WSGIMiddleware(cast("Any", get_wsgi_application()), workers=DJANGO_THREADS)
    limit = app.settings.number("TOCSIN_MAX_BODY_MB") * MB
    return Vestibule(cast("ASGIApp", django), doorkeeper_of(app), limit, Turnstile(UPLOADS_AT_ONCE))
