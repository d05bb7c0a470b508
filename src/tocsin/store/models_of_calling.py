"""The tables of calling: pages, messages and their attempts, silences, overrides, groups of notifications."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from tocsin.store.columns import Json, Text


class Page(models.Model):
    id = models.BigAutoField(primary_key=True)
    page_id = models.UUIDField(unique=True)
    incident = models.UUIDField(db_index=True)
    step = models.IntegerField()
    person = Text()
    role = Text()
    reason = Text()
    requested_at = models.DateTimeField()
    acknowledge_by = models.DateTimeField()
    link_expires_at = models.DateTimeField()
    link_used_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    policy = Text(default="")


class Delivery(models.Model):
    id = models.BigAutoField(primary_key=True)
    key = Text()
    incident = models.UUIDField(db_index=True)
    page = models.UUIDField(null=True)
    person = Text(null=True)
    channel = Text()
    address = Text()
    subject = Text()
    state = models.CharField(max_length=16)
    requested_at = models.DateTimeField()
    attempts = models.IntegerField()
    finished_at = models.DateTimeField(null=True)
    answer = Text()
    status = models.IntegerField(null=True)
    reference = Text(default="")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["key"], name="delivery_once")]
        indexes: ClassVar = [
            models.Index(fields=["finished_at"], condition=models.Q(state="dead"), name="delivery_dead"),
        ]


class Attempt(models.Model):
    id = models.BigAutoField(primary_key=True)
    key = Text(db_index=True)
    number = models.IntegerField()
    at = models.DateTimeField()
    took_ms = models.BigIntegerField()
    outcome = Text()
    status = models.IntegerField(null=True)
    answer = Text()
    digest = models.CharField(max_length=64)


class Silence(models.Model):
    """One silence. `matchers` is a list of [label, operator, value]; `recurrence` [rule, zone, seconds]."""

    silence_id = models.UUIDField(primary_key=True)
    matchers = Json()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)
    updated_at = models.DateTimeField()
    created_by = Text()
    owner = Text()
    comment = Text()
    until_resolved = models.BooleanField()
    recurrence = Json()
    needs_second = models.BooleanField()
    second = Text(null=True)


class Override(models.Model):
    id = models.BigAutoField(primary_key=True)
    override_id = models.UUIDField(unique=True)
    schedule = Text()
    kind = models.CharField(max_length=16)
    state = models.CharField(max_length=16)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)
    person = Text(null=True)
    instead_of = Text(null=True)
    asked_by = Text()
    created_at = models.DateTimeField()
    reason = Text()
    swap_id = models.UUIDField(null=True)


class NotificationGroup(models.Model):
    """A group of alerts that a receiver is told of together."""

    group_id = models.CharField(max_length=64, primary_key=True)
    group_key = Text()
    route = Text()
    receiver = Text()
    labels = Json()
    created_at = models.DateTimeField()
    flush_at = models.DateTimeField()
    flushed_at = models.DateTimeField(null=True)


class GroupMember(models.Model):
    """An alert that is in a group. `alert` is the number of its episode."""

    id = models.BigAutoField(primary_key=True)
    group_id = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=16, db_index=True)
    alert = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["group_id", "fingerprint"], name="group_member_once")
        ]


class Notified(models.Model):
    """What an integration was last told. `digest` is the SHA-256 of (group, receiver, integration)."""

    digest = models.CharField(max_length=64, primary_key=True)
    group_id = models.CharField(max_length=64, db_index=True)
    receiver = Text()
    integration = Text()
    firing = Json()
    resolved = Json()
    at = models.DateTimeField(db_index=True)


class InboxMessage(models.Model):
    id = models.BigAutoField(primary_key=True)
    key = Text()
    person = Text()
    subject = Text()
    text = Text()
    link = Text()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["key"], name="inbox_once")]
