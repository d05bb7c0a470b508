"""Keeps API tokens by the digest of their text; the text itself is never stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Q

from tocsin.domain.person import Role
from tocsin.store import models
from tocsin.store.rows import insert


class DjangoTokens:
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def add(self, digest: str, name: str, role: Role, expires_at: datetime | None, at: datetime) -> int:
        row = models.ApiToken(digest=digest, name=name, role=role.value, created_at=at, expires_at=expires_at)
        insert(row, self._alias)
        return row.number

    def role_of(self, digest: str, now: datetime) -> tuple[str, Role] | None:
        live = Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=now))
        row = models.ApiToken.objects.using(self._alias).filter(live, digest=digest).first()
        return None if row is None else (row.name, Role(row.role))

    def listed(self) -> tuple[Mapping[str, str], ...]:
        rows = models.ApiToken.objects.using(self._alias).order_by("number")
        return tuple(
            {
                "number": str(row.number),
                "name": row.name,
                "role": row.role,
                "created_at": _text(row.created_at),
                "expires_at": _text(row.expires_at),
                "revoked_at": _text(row.revoked_at),
            }
            for row in rows
        )

    def revoke(self, number: int, at: datetime) -> bool:
        rows = models.ApiToken.objects.using(self._alias).filter(pk=number, revoked_at=None)
        return rows.update(revoked_at=at) == 1


def _text(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()
