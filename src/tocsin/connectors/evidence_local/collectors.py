"""The local collectors: what each reads, in which order, as plays that touch nothing themselves."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

import orjson

from tocsin.domain.acting import Arguments, Call, CallFailed, Collector, Gathered, Play
from tocsin.domain.ports.delivery import FailureKind

NDJSON = "application/x-ndjson"
TEXT = "text/plain"
FIRST_REFUSAL = 400
"""Answers with this status or a higher one are kept, and do not count as what was asked for."""


def _snapshot(arguments: Arguments) -> Play[tuple[Gathered, ...]]:
    sample = io.BytesIO(b"{}")
    content = yield Call(
        service="tocsin", operation="log.snapshot", parameters=_of_incident(arguments), sample=sample
    )
    return (Gathered(name="snapshot.json", media_type="application/json", content=content),)


def _log_export(arguments: Arguments) -> Play[tuple[Gathered, ...]]:
    content = yield Call(service="tocsin", operation="log.export", sample=io.BytesIO(b"{}"))
    return (Gathered(name="log.ndjson", media_type=NDJSON, content=content),)


def _signals(arguments: Arguments) -> Play[tuple[Gathered, ...]]:
    content = yield Call(
        service="tocsin",
        operation="lake.signals",
        parameters={**_of_incident(arguments), "entities": _texts(arguments.get("of"))},
        sample=io.BytesIO(b"{}"),
    )
    return (Gathered(name="signals.ndjson", media_type=NDJSON, content=content),)


def _sessions(arguments: Arguments) -> Play[tuple[Gathered, ...]]:
    rows = yield Call(service="local.postgres", operation="sessions", sample=b"{}\n")
    return (Gathered(name="sessions.ndjson", media_type=NDJSON, content=io.BytesIO(rows)),)


def _capture(arguments: Arguments) -> Play[tuple[Gathered, ...]]:
    return (yield from _captured(str(arguments["name"])))


def _audit_verify(arguments: Arguments) -> Play[tuple[Gathered, ...]]:
    return (yield from _captured("audit-verify"))


def _vault(arguments: Arguments) -> Play[tuple[Gathered, ...]]:
    try:
        return (yield from _listed("vault.audit_log", ""))
    except CallFailed as failed:
        if failed.kind is not FailureKind.MISCONFIGURED:
            raise
    return (yield from _captured("vault.audit_log"))


def _named_files(arguments: Arguments) -> Play[tuple[Gathered, ...]]:
    return (yield from _listed("files", str(arguments["path"])))


def _set_of(name: str) -> Callable[[Arguments], Play[tuple[Gathered, ...]]]:
    def gather(arguments: Arguments) -> Play[tuple[Gathered, ...]]:
        return (yield from _listed(name, ""))

    return gather


def _listed(name: str, path: str) -> Play[tuple[Gathered, ...]]:
    """Read every file of a set, or those of it below a path; one that cannot be read is a gap of its own."""
    found = yield Call(
        service="local.files",
        operation="list",
        parameters={"set": name, "path": path},
        sample=(("/var/log/app.log", 0, 0),),
    )
    gathered = []
    for place, root, number in found:
        parameters = {"set": name, "path": place, "root": root}
        shown = f"{number}-{place.rsplit('/', 1)[-1]}"
        try:
            content, gap = yield Call(
                service="local.files", operation="open", parameters=parameters, sample=(io.BytesIO(b"-"), "")
            )
        except CallFailed as failed:
            content, gap = io.BytesIO(), failed.reason
        # The object is the path that was asked for, so that an exhibit of another file does not count.
        gathered.append(
            Gathered(name=shown, media_type=TEXT, content=content, of=path and place, source=place, gap=gap)
        )
    return tuple(gathered)


def _captured(name: str) -> Play[tuple[Gathered, ...]]:
    """Read one address; the body as it came, and beside it what was asked and how it was answered."""
    sample = {"url": "", "status": 200, "headers": {}, "body": b"{}", "is_cut": False, "at": ""}
    answer = yield Call(service="local.http", operation="get", parameters={"name": name}, sample=sample)
    body: BinaryIO = io.BytesIO(answer["body"])
    told = {key: answer[key] for key in ("url", "status", "headers", "is_cut", "at")}
    exchange = io.BytesIO(orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
    gap = _short_of(answer)
    media_type = str(answer["headers"].get("content-type", ""))
    return (
        Gathered(name=f"{name}-body", media_type=media_type, content=body, source=answer["url"], gap=gap),
        Gathered(
            name=f"{name}-exchange.json",
            media_type="application/json",
            content=exchange,
            source=answer["url"],
            gap=gap,
        ),
    )


def _short_of(answer: Mapping[str, Any]) -> str:
    if answer["status"] >= FIRST_REFUSAL:
        return f"it was answered with status {answer['status']}"
    return "the answer is longer than what is kept of one" if answer["is_cut"] else ""


def _of_incident(arguments: Arguments) -> Mapping[str, str]:
    return {"incident": str(arguments.get("incident", ""))}


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(each) for each in value or ())


COLLECTORS: tuple[Collector, ...] = (
    Collector(
        name="postgres.sessions",
        summary="Sessions of PostgreSQL (pg_stat_activity)",
        volatility=0,
        parameters=(),
        gather=_sessions,
        time_limit_s=60.0,
    ),
    Collector(
        name="http.capture",
        summary="The answer of a configured address",
        volatility=0,
        parameters=("name",),
        gather=_capture,
    ),
    Collector(
        name="audit-verify",
        summary="The verdict of the guarded system on its own audit chain (the capture `audit-verify`)",
        volatility=0,
        parameters=(),
        gather=_audit_verify,
    ),
    Collector(
        name="audit.snapshot",
        summary="The audit trail as it stands: signed head, entries of the incident, verdict",
        volatility=0,
        parameters=(),
        gather=_snapshot,
    ),
    Collector(
        name="app.log",
        summary="The guarded application's log",
        volatility=1,
        parameters=(),
        gather=_set_of("app.log"),
    ),
    Collector(
        name="postgres.connection_log",
        summary="PostgreSQL's log of connections",
        volatility=1,
        parameters=(),
        gather=_set_of("postgres.connection_log"),
    ),
    Collector(
        name="vault.audit_log",
        summary="Vault's audit log",
        volatility=1,
        parameters=(),
        gather=_vault,
    ),
    Collector(
        name="files",
        summary="Files below the configured folders",
        volatility=3,
        parameters=("path",),
        gather=_named_files,
    ),
    Collector(
        name="signals.export",
        summary="Stored signals that name the incident's entities, around its time",
        volatility=3,
        parameters=(),
        gather=_signals,
    ),
    Collector(
        name="audit.export",
        summary="The whole log, as a file that verifies elsewhere",
        volatility=4,
        parameters=(),
        gather=_log_export,
        time_limit_s=600.0,
    ),
)
