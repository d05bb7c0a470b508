"""The tables of response: actions, standing approvals, runs, bags, legal holds.

Each row holds its noun whole as JSON in `body`; the other columns are those by which rows are looked for.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from tocsin.store.columns import Json, Text


class Action(models.Model):
    number = models.BigIntegerField(primary_key=True)
    action_id = models.UUIDField(unique=True)
    incident = models.UUIDField(db_index=True)
    state = models.CharField(max_length=16)
    begun_at = models.DateTimeField(null=True, db_index=True)
    body = Json()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state", "number"], name="action_state")]


class StandingApproval(models.Model):
    number = models.BigAutoField(primary_key=True)
    action = Text()
    body = Json()


class Run(models.Model):
    number = models.BigIntegerField(primary_key=True)
    run_id = models.UUIDField(unique=True)
    incident = models.UUIDField(db_index=True)
    state = models.CharField(max_length=16)
    body = Json()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state", "number"], name="run_state")]


class Bag(models.Model):
    number = models.BigIntegerField(primary_key=True)
    incident = models.UUIDField(db_index=True)
    body = Json()


class LegalHold(models.Model):
    number = models.BigAutoField(primary_key=True)
    body = Json()
