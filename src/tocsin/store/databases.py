"""Turns the database URL of the settings into Django's entry for it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from tocsin.domain.errors import Misconfigured

WAIT_S = 7.0
"""How long a transaction waits for a lock before it gives up as `Overloaded`.

Prometheus goes away after 10 s (its default `timeout` of an Alertmanager), and must hear the refusal before.
"""

_CONNECT_S = 5
# RETURNING came with 3.35 (https://www.sqlite.org/lang_returning.html).
_SQLITE_OLDEST = (3, 35, 0)
_POSTGRES_SCHEMES = ("postgresql", "postgres")
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_SSL_FILES = ("sslrootcert", "sslcert", "sslkey")
_KNOWN_OPTIONS = ("host", "port", "sslmode", *_SSL_FILES)


def database_settings(url: str, home: Path, *, wait_s: float = WAIT_S) -> dict[str, Any]:
    """Return the DATABASES entry for a URL; an empty one means SQLite at `<home>/tocsin.db`.

    Understood are `sqlite:///absolute/path` and `postgresql://user:password@host:port/name?host=/socket/dir
    &sslmode=require`. Raises `Misconfigured`, never with the password in its text.
    """
    if not url:
        return _sqlite(home / "tocsin.db", wait_s)
    parts = _split(url)
    if parts.scheme == "sqlite":
        return _sqlite(_sqlite_path(parts), wait_s)
    if parts.scheme in _POSTGRES_SCHEMES:
        return _postgres(parts, wait_s)
    raise _refused(
        f"TOCSIN_DATABASE_URL begins with {parts.scheme or 'no scheme'!r}, which is no database known here."
    )


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        # The parser's own message quotes the address and with it, perhaps, the password.
        raise _refused("TOCSIN_DATABASE_URL has a host or a port that cannot be read.") from None
    return parts


def _sqlite_path(parts: SplitResult) -> Path:
    path = Path("/" + unquote(parts.path).lstrip("/"))
    if parts.netloc or path == Path("/"):
        raise _refused("TOCSIN_DATABASE_URL names an SQLite file without its absolute path.")
    return path


def _sqlite(path: Path, wait_s: float) -> dict[str, Any]:
    if sqlite3.sqlite_version_info < _SQLITE_OLDEST:
        raise Misconfigured(
            f"This Python brings SQLite {sqlite3.sqlite_version}, which is too old.",
            means="Tocsin does not start, so nothing is heard and nobody is called.",
            next_step="Use a Python with SQLite 3.35 or newer, or PostgreSQL through TOCSIN_DATABASE_URL.",
        )
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": wait_s,
            "transaction_mode": "IMMEDIATE",
            # WAL lets readers work beside the one writer; FULL makes each commit wait for the disk.
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON",
        },
    }


def _postgres(parts: SplitResult, wait_s: float) -> dict[str, Any]:
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    for name in given:
        if name not in _KNOWN_OPTIONS:
            raise _refused(f"TOCSIN_DATABASE_URL has the option {name!r}, which is not known here.")
    sslmode = given.get("sslmode", "prefer")
    if sslmode not in _SSL_MODES:
        raise _refused(f"TOCSIN_DATABASE_URL has sslmode {sslmode!r}; it can be {', '.join(_SSL_MODES)}.")
    name = unquote(parts.path).strip("/")
    if not name:
        raise _refused("TOCSIN_DATABASE_URL does not name a database.")
    options: dict[str, Any] = {name: given[name] for name in _SSL_FILES if name in given}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": given.get("host") or unquote(parts.hostname or ""),
        "PORT": given.get("port") or str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **options,
            "sslmode": sslmode,
            "connect_timeout": _CONNECT_S,
            "application_name": "tocsin",
            "options": f"-c lock_timeout={int(wait_s * 1000)}",
        },
    }


def _refused(happened: str) -> Misconfigured:
    return Misconfigured(
        happened,
        means="Tocsin does not start, so nothing is heard and nobody is called.",
        next_step="Use postgresql://user:password@host:5432/name, or leave it empty for SQLite.",
    )
