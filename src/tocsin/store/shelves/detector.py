"""Keeps what detection must remember between batches."""

from __future__ import annotations

from tocsin.store import models

_THE_ONE = 1


class DjangoDetector:
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def position(self, source: str) -> int:
        row = models.DetectorPosition.objects.using(self._alias).filter(pk=source).first()
        return 0 if row is None else row.position

    def save_position(self, source: str, position: int) -> None:
        models.DetectorPosition.objects.using(self._alias).bulk_create(
            [models.DetectorPosition(source=source, position=position)],
            update_conflicts=True,
            unique_fields=["source"],
            update_fields=["position"],
        )

    def load_state(self) -> bytes | None:
        row = models.DetectorState.objects.using(self._alias).filter(pk=_THE_ONE).first()
        return None if row is None else bytes(row.state)

    def save_state(self, state: bytes) -> None:
        models.DetectorState.objects.using(self._alias).bulk_create(
            [models.DetectorState(id=_THE_ONE, state=state)],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["state"],
        )
