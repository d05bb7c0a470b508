"""Reads the settings of an integration after its templates, and stands in where one was not carried out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from tocsin.domain.notification import Notification

UNRENDERED = "{{"


def text_in(settings: Mapping[str, Any], name: str, otherwise: str = "") -> str:
    """Return a setting's text; `otherwise` where it is absent, empty, or still a template."""
    text = settings.get(name)
    return text if isinstance(text, str) and text and UNRENDERED not in text else otherwise


def texts_in(settings: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return the words of a comma-separated text, or of a list, blanks left out."""
    written = settings.get(name) or ()
    parts = written.split(",") if isinstance(written, str) else written
    return tuple(word for part in parts if (word := str(part).strip()) and UNRENDERED not in word)


def rows_in(settings: Mapping[str, Any], name: str) -> tuple[Mapping[str, Any], ...]:
    """Return a list of mappings (fields, links, actions), each without what is empty."""
    rows = settings.get(name) or ()
    return tuple({key: part for key, part in row.items() if _is_said(part)} for row in rows)


def mapping_in(settings: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a mapping of free keys (details), without what is still a template."""
    mapping = settings.get(name) or {}
    return {key: part for key, part in mapping.items() if not isinstance(part, str) or UNRENDERED not in part}


def subject_of(notification: Notification) -> str:
    """Return Alertmanager's own subject: `[FIRING:2] Name cluster (the other common labels)`."""
    firing = [alert for alert in notification.alerts if not alert.is_resolved(notification.at)]
    labels, common = notification.group_labels, notification.common_labels
    rest = " ".join(common[name] for name in sorted(common, key=_name_first) if name not in labels)
    status = f"FIRING:{len(firing)}" if firing else "RESOLVED"
    words = " ".join(labels[name] for name in sorted(labels, key=_name_first))
    return f"[{status}] {words}" + (f" ({rest})" if rest else "")


def _is_said(part: object) -> bool:
    """Say whether a part of a row is there: not nothing, not empty, no template any more."""
    return part is not None and part != "" and not (isinstance(part, str) and UNRENDERED in part)


def _name_first(name: str) -> tuple[bool, str]:
    """Sort as Alertmanager does: the alert's name, then the others by name."""
    return name != "alertname", name


def group_digest(notification: Notification) -> str:
    """Return SHA-256 (hex) of the group's key: Alertmanager's name for the group at every partner."""
    return hashlib.sha256(notification.group_key.encode("utf-8", "replace")).hexdigest()


def shortened(text: str, limit: int) -> str:
    """Cut to at most `limit` characters, a cut shown as an ellipsis; line breaks stay."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
