"""The one ASGI application: Starlette at the front door, Django behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import django_htmx
from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

import tocsin.console
from tocsin.api.intake import intake_routes
from tocsin.api.live import live_routes
from tocsin.api.health import health_routes
from tocsin.app.wiring import App
from tocsin.worker.staff import staff

DJANGO_THREADS = 8


def build_asgi(app: App, *, on_start: Callable[[], None] = lambda: None) -> Starlette:
    """Return the application; its lifespan starts and stops the worker's loops, then calls `on_start`."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        loops = staff(app)
        loops.start()
        on_start()
        try:
            yield
        finally:
            loops.stop()

    return Starlette(
        routes=[
            *health_routes(app),
            *intake_routes(app),
            *live_routes(app),
            Mount("/static/django_htmx", StaticFiles(directory=_static_of(django_htmx) / "django_htmx")),
            Mount("/static", StaticFiles(directory=_static_of(tocsin.console))),
            Mount("/", WSGIMiddleware(get_wsgi_application(), workers=DJANGO_THREADS)),
        ],
        lifespan=lifespan,
    )


def _static_of(package: object) -> Path:
    return Path(str(getattr(package, "__file__"))).parent / "static"
