"""The timeline: what happened in an incident, who did it, in order, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Happening(StrEnum):
    """The kinds of line a timeline holds; also the kinds of log entry."""

    OPENED = "incident.opened"
    ALERT_HEARD = "alert.heard"
    ALERT_JOINED = "alert.joined"
    ALERT_RESOLVED = "alert.resolved"
    ALERT_RECORDED = "alert.recorded"
    ALERT_MUTED = "alert.muted"
    ALERT_UNMUTED = "alert.unmuted"
    ALERT_GROUPED = "alert.grouped"
    ALERT_NOTIFIED = "alert.notified"
    ALERT_ROUTED = "alert.routed"
    SILENCED = "silence.created"
    SILENCE_CONFIRMED = "silence.confirmed"
    SILENCE_EXPIRED = "silence.expired"
    OVERRIDDEN = "oncall.overridden"
    READINESS = "oncall.readiness"
    CONFIGURED = "configuration.changed"
    NOTIFIED = "notification.delivered"
    NOTIFICATION_FAILED = "notification.failed"
    FORGED = "intake.forged"
    SEVERITY_CHANGED = "incident.severity_changed"
    MOVED = "incident.moved"
    ASSIGNED = "incident.assigned"
    ACKNOWLEDGED = "incident.acknowledged"
    NOTE = "incident.note"
    PAGED = "page.requested"
    PAGE_DELIVERED = "page.delivered"
    PAGE_FAILED = "page.failed"
    PAGE_HELD = "page.held"
    NOTICE_REQUESTED = "notice.requested"
    NOTICE_DELIVERED = "notice.delivered"
    NOTICE_FAILED = "notice.failed"
    ESCALATED = "page.escalated"
    NOBODY_TO_PAGE = "page.nobody"
    EXHIBIT_KEPT = "exhibit.kept"
    EXHIBIT_READ = "exhibit.read"
    COLLECTION_FAILED = "exhibit.collection_failed"
    CLOCK_MET = "clock.met"
    CLOCK_MISSED = "clock.missed"
    QUARANTINED = "intake.quarantined"
    REPLAYED = "intake.replayed"
    DISCARDED = "intake.discarded"
    REFUSED = "intake.refused"
    ACCESS = "access"
    HEARTBEAT = "log.heartbeat"
    WINDOWS_LOST = "detection.windows_lost"
    LAKE_SEALED = "lake.sealed"
    LAKE_COOLED = "lake.cooled"
    LAKE_DELETED = "lake.deleted"
    LAKE_HELD = "lake.held"
    LAKE_RELEASED = "lake.released"
    LISTENING_GAP = "sources.not_listening"
    SOURCE_FORGOTTEN = "sources.forgotten"
    EVALUATION_GAP = "rules.not_evaluated"
    EXHIBIT_EXPORTED = "exhibit.exported"
    EXHIBIT_DESTROYED = "exhibit.destroyed"
    DESTRUCTION_ASKED = "exhibit.destruction_asked"
    BAG_PACKED = "bag.packed"
    HELD = "evidence.held"
    RELEASED = "evidence.released"
    ACTION_PROPOSED = "action.proposed"
    ACTION_APPROVED = "action.approved"
    ACTION_REFUSED = "action.refused"
    ACTION_WITHDRAWN = "action.withdrawn"
    ACTION_EXPIRED = "action.expired"
    ACTION_BEGUN = "action.begun"
    ACTION_DONE = "action.done"
    ACTION_FAILED = "action.failed"
    ACTION_UNKNOWN = "action.unknown"
    ACTION_UNDONE = "action.undone"
    BROKE_GLASS = "action.broke_glass"
    STOPPED = "response.stopped"
    STARTED_AGAIN = "response.started_again"
    STANDING_GIVEN = "standing.given"
    STANDING_REVOKED = "standing.revoked"
    RUN_STARTED = "run.started"
    RUN_ENDED = "run.ended"
    STEP_READY = "step.ready"
    STEP_ANSWERED = "step.answered"
    STEP_DONE = "step.done"
    STEP_NOT_APPLICABLE = "step.not_applicable"
    STEP_FAILED = "step.failed"
    STEP_MISSED = "step.missed"
    LOG_SUCCEEDED = "log.succeeded"
    ANCHORED = "log.anchored"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One line of an incident's timeline.

    `actor` is a username, or `tocsin` for the product itself (`automated` is then true). `number` is 0 until
    stored; it grows with each stored line of any incident, so it also tells what is new.
    """

    incident_id: UUID
    at: datetime
    kind: Happening
    actor: str
    text: str
    automated: bool
    exhibit: int | None = None
    number: int = 0
