"""Takes any JSON with a token; the source's own mapping makes alerts of it, and what it misses is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from tocsin.connectors.hook import (
    HookRequest,
    HookSecret,
    KeyedReport,
    Mapped,
    Mapper,
    NotMapped,
    ReadHook,
    Verified,
    digest_of,
    token_of,
    verify_token,
)
from tocsin.connectors.refusal import NotJson, Refusals, detail_of

MOST_OBJECTS = 10_000


@dataclass(frozen=True, slots=True)
class MappedHook:
    """A sender of any JSON, known by a token. `shipped` maps sources that no pack maps."""

    shipped: Mapper | None = None

    def kind(self, headers: Mapping[str, str]) -> str:
        """Return nothing: the mapping says what it is."""
        return ""

    def token(self, request: HookRequest) -> str:
        """Return the token of `X-Tocsin-Token`, else of `Authorization`."""
        return token_of(request.headers)

    def verify(self, request: HookRequest, secrets: Sequence[HookSecret]) -> Verified:
        """Compare the token; where the mapping names the sender's own ids, those tell repetitions."""
        proved = verify_token(self.token(request), secrets)
        return Verified(secret=proved, replay_key=_delivery(request, request.mapper or self.shipped))

    def read(self, request: HookRequest) -> ReadHook:
        """Read one object or an array of them. Raises `NotJson`, and `NotMapped` without any mapping."""
        return read_mapped(request, self.shipped)


def read_mapped(request: HookRequest, shipped: Mapper | None) -> ReadHook:
    """Read a body by the source's mapping; what does not map is set aside, the rest is taken.

    Raises `NotJson`, and `NotMapped` where there is no mapping at all.
    """
    mapper = request.mapper or shipped
    if mapper is None:
        raise NotMapped(
            f"No pack maps the source {request.source}; write it in intake.yml, then replay this."
        )
    reports: list[KeyedReport] = []
    refusals = Refusals(lambda parts: _written(parts, request.body))
    for found in _objects(request.body):
        try:
            mapped = mapper.mapped(found, request.now)
        except NotMapped as refused:
            refusals.add(found, refused.happened)
            continue
        if mapped.report is not None:
            reports.append(mapped.report)
    return ReadHook(reports=tuple(reports), unreadable=refusals.all())


def _written(parts: list[object], body: bytes) -> bytes:
    """Return some parts to be replayed, or the whole body when they nest too deeply to be written."""
    try:
        return orjson.dumps(parts[0] if len(parts) == 1 else parts)
    except orjson.JSONEncodeError:
        return body


def _objects(body: bytes) -> list[object]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotJson(f"The body is not JSON: {detail_of(error)}.") from error
    if isinstance(found, list):
        return found[:MOST_OBJECTS]
    return [found]


def _delivery(request: HookRequest, mapper: Mapper | None) -> str:
    """Return what names a delivery of one object, empty where the sender names none."""
    if mapper is None:
        return ""
    try:
        objects = _objects(request.body)
        mapped = mapper.mapped(objects[0], request.now) if len(objects) == 1 else Mapped(report=None)
    except (NotJson, NotMapped):
        return ""
    return digest_of(request.source, mapped.delivery) if mapped.delivery else ""
