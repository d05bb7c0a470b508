"""How alerts, groups and silences look in Alertmanager's API."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
from starlette.responses import Response

from tocsin.app.alerts_seen import SeenAlert, SeenGroup
from tocsin.domain.matchers import Matcher
from tocsin.domain.silence import Silence, SilenceState
from tocsin.triage.silencing import state_of

JSON = "application/json"

_STATES = {
    SilenceState.ACTIVE: "active",
    SilenceState.PENDING: "pending",
    # It mutes nothing until a second person has confirmed it, which Alertmanager has no word for.
    SilenceState.UNCONFIRMED: "pending",
    SilenceState.EXPIRED: "expired",
}


def answer(found: Any, status: int = 200) -> Response:
    """Return a response of JSON."""
    return Response(orjson.dumps(found), status, media_type=JSON)


def alert_shown(seen: SeenAlert) -> dict[str, Any]:
    """Return an alert as GET shows it."""
    alert = seen.alert
    is_active = not seen.silenced_by and not seen.inhibited_by
    return {
        "annotations": dict(alert.annotations),
        "endsAt": instant(alert.ends_at),
        "fingerprint": alert.fingerprint,
        "receivers": [{"name": name} for name in seen.receivers],
        "startsAt": instant(alert.starts_at),
        "status": {
            "inhibitedBy": list(seen.inhibited_by),
            "silencedBy": list(seen.silenced_by),
            "state": "active" if is_active else "suppressed",
        },
        "updatedAt": instant(alert.updated_at),
        "generatorURL": alert.generator_url,
        "labels": dict(alert.labels),
    }


def group_shown(seen: SeenGroup) -> dict[str, Any]:
    """Return a group as GET shows it."""
    return {
        "alerts": [alert_shown(each) for each in seen.alerts],
        "labels": dict(seen.group.labels),
        "receiver": {"name": seen.group.receiver},
    }


def silence_shown(silence: Silence, now: datetime) -> dict[str, Any]:
    """Return a silence as GET shows it."""
    return {
        "id": str(silence.silence_id),
        "status": {"state": state_shown(silence, now)},
        "updatedAt": instant(silence.updated_at),
        "comment": silence.comment,
        "createdBy": silence.created_by,
        "endsAt": instant(silence.ends_at),
        "matchers": [matcher_shown(each) for each in silence.matchers],
        "startsAt": instant(silence.starts_at),
    }


def state_shown(silence: Silence, now: datetime) -> str:
    """Return a silence's state in Alertmanager's words."""
    return _STATES[state_of(silence, now)]


def matcher_shown(matcher: Matcher) -> dict[str, Any]:
    """Return a matcher as silences hold it."""
    return {
        "isEqual": not matcher.operator.startswith("!"),
        "isRegex": matcher.operator.endswith("~"),
        "name": matcher.label,
        "value": matcher.value,
    }


@lru_cache(maxsize=4096)
def instant(at: datetime) -> str:
    """Write an instant as the generated clients expect it: RFC 3339 in UTC with milliseconds."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
