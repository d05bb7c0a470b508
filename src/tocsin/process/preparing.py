"""Makes ready, before anything of Django is imported: settings, home folder, port, migrated database."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

import django
from django.db.utils import Error as DatabaseError

from tocsin.app.hosts import ANY, LOOPBACK, is_loopback
from tocsin.app.settings import Settings, load_settings
from tocsin.domain.errors import Misconfigured
from tocsin.store.migrating import migrate

FOLDER_MODE = 0o700
OTHERS_MAY_NOTHING = 0o077


@dataclass(frozen=True, slots=True)
class Stand:
    """Where to serve, and which drill to play once served (None: none)."""

    host: str
    port: int
    drill: str | None

    @property
    def url(self) -> str:
        """Return the address a browser on this machine reaches it by."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def settings_for(stand: Stand, home: Path | None) -> Settings:
    """Read the settings; unless chosen otherwise, links point here and a drill opens /api/v2 to loopback.

    A server that others reach, by names that nobody has told it, answers to any.
    """
    settings = load_settings(home=home)
    if settings.origins["TOCSIN_PUBLIC_URL"] == "default":
        os.environ["TOCSIN_PUBLIC_URL"] = stand.url
    if settings.origins["TOCSIN_ALLOWED_HOSTS"] == "default":
        is_here = stand.host in LOOPBACK or is_loopback(stand.host)
        is_named = is_here or settings.origins["TOCSIN_PUBLIC_URL"] != "default"
        os.environ["TOCSIN_ALLOWED_HOSTS"] = stand.host if is_named else ANY
    if stand.drill and settings.origins["TOCSIN_ALERTMANAGER_OPEN"] == "default":
        os.environ["TOCSIN_ALERTMANAGER_OPEN"] = "loopback"
    return load_settings(home=home)


def prepare(settings: Settings) -> None:
    """Check the settings, make the home folder, set Django up, migrate the database.

    Whatever this process writes from here on is its owner's only. Raises `Misconfigured`.
    """
    os.umask(OTHERS_MAY_NOTHING)
    settings.check()
    _make_home(settings.home)
    os.environ["TOCSIN_HOME"] = str(settings.home)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tocsin.app.django_settings")
    try:
        django.setup()
        migrate(settings.home)
    except DatabaseError as error:
        raise Misconfigured(
            f"The database cannot be used: {str(error).splitlines()[0]}.",
            means="Tocsin does not start, so nothing is heard and nobody is called.",
            next_step="Check TOCSIN_DATABASE_URL, that the server runs, and that its disk is not full.",
        ) from error


def _make_home(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
        probe = home / ".writable"
        probe.touch()
        # Another process that starts at this moment may have removed it.
        probe.unlink(missing_ok=True)
    except OSError as error:
        raise Misconfigured(
            f"The home folder {home} cannot be written: {error.strerror}.",
            means="Tocsin does not start, so nothing is heard and nobody is called.",
            next_step="Choose another folder with --home, or give this user the right to write.",
        ) from error


def listen(stand: Stand) -> socket.socket:
    """Take the port before anything else is done, so that a second start fails at once and harms nothing."""
    family = socket.AF_INET6 if ":" in stand.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((stand.host, stand.port))
    except OSError as error:
        listening.close()
        raise Misconfigured(
            f"{stand.host}:{stand.port} cannot be listened on: {error.strerror}.",
            means="Tocsin does not start here; one that runs already is not touched.",
            next_step="Stop the other program, or choose another port with --port.",
        ) from error
    return listening
