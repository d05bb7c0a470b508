"""Find the key under which alerts belong to one incident."""

from __future__ import annotations

import hashlib
import json

from tocsin.domain.alert import Alert
from tocsin.triage.policy import TriagePolicy

MAX_KEY_CHARACTERS = 200


def group_key(alert: Alert, incident_type: str, policy: TriagePolicy) -> str:
    """Return the key, for example `alertname="ApiDown",service="shop"`, of at most 200 characters.

    The type's own grouping goes first, then that of the alert's source, then the default. An alert that has
    none of the labels stands alone, under its fingerprint, rather than with everything else unlabelled.
    """
    grouping = (
        policy.type_policy(incident_type).group_by
        or policy.group_by_of_source.get(alert.source.partition(":")[0])
        or policy.group_by
    )
    found = []
    for labels in grouping.parts:
        label = next((label for label in labels if label in alert.labels), None)
        if label is not None:
            found.append(f"{label}={json.dumps(alert.labels[label], ensure_ascii=False)}")
    key = _bounded(",".join(found)) if found else f'fingerprint="{alert.fingerprint}"'
    # Practice and the real thing never share an incident.
    return f"drill {key}" if alert.is_drill else key


def _bounded(key: str) -> str:
    """A key that is too long keeps its beginning, for people, and a digest, which tells it from others."""
    if len(key) <= MAX_KEY_CHARACTERS:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()
    return f"{key[: MAX_KEY_CHARACTERS - len(digest) - 1]}#{digest}"
