"""The tables, and nothing else: what a row means is decided by the shelves.

Links between nouns are kept as the nouns' own identities (an incident's uuid, an exhibit's number).
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models

from tocsin.domain.job import JobState
from tocsin.domain.person import Role
from tocsin.store.columns import Json, Text
from tocsin.store.models_of_calling import (
    Attempt as Attempt,
)
from tocsin.store.models_of_calling import (
    Delivery as Delivery,
)
from tocsin.store.models_of_calling import (
    GroupMember as GroupMember,
)
from tocsin.store.models_of_calling import (
    InboxMessage as InboxMessage,
)
from tocsin.store.models_of_calling import (
    NotificationGroup as NotificationGroup,
)
from tocsin.store.models_of_calling import (
    Notified as Notified,
)
from tocsin.store.models_of_calling import (
    Override as Override,
)
from tocsin.store.models_of_calling import (
    Page as Page,
)
from tocsin.store.models_of_calling import (
    Silence as Silence,
)
from tocsin.store.models_of_response import (
    Action as Action,
)
from tocsin.store.models_of_response import (
    Bag as Bag,
)
from tocsin.store.models_of_response import (
    LegalHold as LegalHold,
)
from tocsin.store.models_of_response import (
    Run as Run,
)
from tocsin.store.models_of_response import (
    StandingApproval as StandingApproval,
)


class Arrival(models.Model):
    """One body as received. `digest` is the SHA-256 of (connector, source, key), which may be long."""

    arrival_id = models.UUIDField(primary_key=True)
    digest = models.CharField(max_length=64)
    connector = Text()
    source = Text()
    key = Text()
    received_at = models.DateTimeField(db_index=True)
    body = models.BinaryField()
    sender = Text()

    class Meta:
        # A constraint, not `unique=True`: Django would add a second, pattern index on PostgreSQL.
        constraints: ClassVar = [models.UniqueConstraint(fields=["digest"], name="arrival_once")]


class Quarantined(models.Model):
    number = models.BigAutoField(primary_key=True)
    connector = Text()
    source = Text()
    reason = Text()
    body = models.BinaryField()
    received_at = models.DateTimeField()
    replayed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["number"], condition=models.Q(replayed_at=None), name="quarantined_waiting"),
        ]


class Alert(models.Model):
    number = models.BigAutoField(primary_key=True)
    fingerprint = Text()
    source = Text()
    labels = Json()
    annotations = Json()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)
    ends_by_timeout = models.BooleanField()
    updated_at = models.DateTimeField()
    generator_url = Text()
    incident = models.UUIDField(null=True, db_index=True)
    count = models.BigIntegerField()
    evidence = Json()
    muted_by = Text(default="")
    inhibits = models.BooleanField(default=False)
    over = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["fingerprint", "number"], name="alert_latest"),
            models.Index(fields=["ends_at"], condition=models.Q(over=False), name="alert_lapse"),
            models.Index(
                fields=["number"], condition=models.Q(over=False) & ~models.Q(muted_by=""), name="alert_muted"
            ),
            models.Index(fields=["ends_at"], condition=models.Q(inhibits=True), name="alert_inhibits"),
        ]


class AlertLine(models.Model):
    """One line of an alert's story; `alert` is its number."""

    number = models.BigAutoField(primary_key=True)
    alert = models.BigIntegerField(db_index=True)
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    text = Text()


class Incident(models.Model):
    """One incident. `group_digest` is the SHA-256 of the group key, which may be long."""

    incident_id = models.UUIDField(primary_key=True)
    number = models.BigIntegerField(unique=True)
    title = Text()
    severity = models.CharField(max_length=2)
    type = Text()
    status = models.CharField(max_length=16)
    group_key = Text()
    group_digest = models.CharField(max_length=64)
    detected_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    description = Text()
    services = Json()
    commander = Text(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = Text(null=True)
    resolved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    root_cause = Text()
    clocks = Json()
    drill = models.BooleanField()
    policy = Text(default="")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["group_digest", "status", "number"], name="incident_group"),
            models.Index(fields=["status", "number"], name="incident_status"),
        ]


class Counter(models.Model):
    """The last number taken of a name, where the database has no sequences."""

    name = models.CharField(max_length=32, primary_key=True)
    last = models.BigIntegerField()


class TimelineLine(models.Model):
    """One line of a timeline.

    `horizon` (PostgreSQL only, set by a trigger) is the first transaction id not yet given out when the line
    got its number, so that a reader can tell whether a smaller number may still be committed.
    """

    number = models.BigAutoField(primary_key=True)
    incident = models.UUIDField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    actor = Text()
    text = Text()
    automated = models.BooleanField()
    exhibit = models.BigIntegerField(null=True)
    horizon = models.BigIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["incident", "number"], name="timeline_incident")]


class Job(models.Model):
    id = models.BigAutoField(primary_key=True)
    key = Text()
    kind = Text()
    run_at = models.DateTimeField()
    args = Json()
    state = models.CharField(max_length=8, default=JobState.READY.value)
    attempts = models.IntegerField(default=0)
    owner = Text(default="")
    last_error = Text(default="")
    created_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["key"], name="job_once")]
        indexes: ClassVar = [models.Index(fields=["state", "kind", "run_at"], name="job_due")]


class LogWaiting(models.Model):
    """A leaf written with its state change, before the sequencer gives it an index."""

    id = models.BigAutoField(primary_key=True)
    entry_id = models.UUIDField(unique=True)
    content = models.BinaryField()
    mac = models.BinaryField()
    writer = models.BigIntegerField(null=True)
    counter = models.BigIntegerField(null=True)


class Leaf(models.Model):
    """A line of a log. Triggers refuse to change or remove a row; a successor's begin at `first_place`."""

    index = models.BigIntegerField(primary_key=True)
    entry_id = models.UUIDField(unique=True)
    content = models.BinaryField()
    leaf_hash = models.BinaryField()
    mac = models.BinaryField()
    writer = models.BigIntegerField(null=True)
    counter = models.BigIntegerField(null=True)


class LogTrace(models.Model):
    """What an event trigger of PostgreSQL saw done to the tables of the log; SQLite has none."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    who = Text()
    what = Text()


class Checkpoint(models.Model):
    id = models.BigAutoField(primary_key=True)
    log = models.BigIntegerField(default=1)
    origin = Text()
    size = models.BigIntegerField(db_index=True)
    root = models.BinaryField()
    note = Text()
    signed_at = models.DateTimeField()


class Exhibit(models.Model):
    number = models.BigIntegerField(primary_key=True)
    incident = models.UUIDField(db_index=True)
    digest = models.CharField(max_length=64, db_index=True)
    size = models.BigIntegerField()
    media_type = Text()
    name = Text()
    incident_date = models.DateField()
    description = Text()
    exported_by = Text()
    kept_at = models.DateTimeField()
    collector = Text(null=True)
    covers = Text()
    of = Text(default="")
    gap = Text(default="")
    entry = models.UUIDField(null=True)
    encrypted = models.BooleanField(default=False)


class CustodyLine(models.Model):
    id = models.BigAutoField(primary_key=True)
    exhibit = models.BigIntegerField(db_index=True)
    at = models.DateTimeField()
    act = models.CharField(max_length=32)
    actor = Text()
    reason = Text()


class DetectorPosition(models.Model):
    source = Text(primary_key=True)
    position = models.BigIntegerField()
    newest = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)


class DetectorShard(models.Model):
    """A part of the window state; rules and groups are spread over the shards by a hash."""

    number = models.IntegerField(primary_key=True)
    version = models.BigIntegerField()
    state = models.BinaryField()


class SourceMark(models.Model):
    """What is remembered of a source. `digest` is the SHA-256 of (kind, name), which may be long."""

    digest = models.CharField(max_length=64, primary_key=True)
    kind = models.CharField(max_length=32)
    name = Text()
    state = models.BinaryField()
    kept_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["kind", "kept_at"], name="mark_kind")]


class ApiToken(models.Model):
    number = models.BigAutoField(primary_key=True)
    digest = models.CharField(max_length=64, unique=True)
    name = Text()
    role = models.CharField(max_length=16)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class Account(AbstractBaseUser):
    """Somebody who can sign in. `is_drill` marks the cast of a drill, which can be removed as one."""

    id = models.BigAutoField(primary_key=True)
    username = models.CharField(max_length=150, unique=True)
    display_name = Text()
    role = models.CharField(max_length=16, choices=[(role.value, role.value) for role in Role])
    email = Text(default="")
    is_drill = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    objects: ClassVar = BaseUserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name", "role"]

    def __str__(self) -> str:
        return self.username

    def get_full_name(self) -> str:
        return str(self.display_name)


class SignInLink(models.Model):
    """A one-time link, kept as the SHA-256 (hex) of its token."""

    digest = models.CharField(max_length=64, primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
