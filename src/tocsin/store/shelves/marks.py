"""Keeps what is remembered of sources, each mark under the digest of its kind and name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from tocsin.store import models
from tocsin.store.rows import digest_of

_AT_ONCE = 500


class DjangoMarks:
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def of(self, kind: str, names: Iterable[str]) -> Mapping[str, bytes]:
        asked = {digest_of(kind, name): name for name in names}
        digests = list(asked)
        found: dict[str, bytes] = {}
        for start in range(0, len(digests), _AT_ONCE):
            rows = models.SourceMark.objects.using(self._alias).filter(
                digest__in=digests[start : start + _AT_ONCE]
            )
            found.update((asked[row.digest], bytes(row.state)) for row in rows)
        return found

    def all(self, kind: str, limit: int = 10_000) -> Mapping[str, bytes]:
        rows = models.SourceMark.objects.using(self._alias).filter(kind=kind).order_by("name")[:limit]
        return {row.name: bytes(row.state) for row in rows}

    def keep(self, kind: str, marks: Mapping[str, bytes], at: datetime) -> None:
        rows = [
            models.SourceMark(digest=digest_of(kind, name), kind=kind, name=name, state=state, kept_at=at)
            for name, state in marks.items()
        ]
        models.SourceMark.objects.using(self._alias).bulk_create(
            rows,
            batch_size=_AT_ONCE,
            update_conflicts=True,
            unique_fields=["digest"],
            update_fields=["state", "kept_at"],
        )

    def drop(self, kind: str, names: Iterable[str]) -> None:
        digests = [digest_of(kind, name) for name in names]
        for start in range(0, len(digests), _AT_ONCE):
            rows = models.SourceMark.objects.using(self._alias)
            rows.filter(digest__in=digests[start : start + _AT_ONCE]).delete()

    def drop_older(self, kind: str, before: datetime) -> None:
        models.SourceMark.objects.using(self._alias).filter(kind=kind, kept_at__lt=before).delete()
