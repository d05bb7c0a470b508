"""Answers of AWS as streams that are kept: JSON with sorted keys, equal for equal answers."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

from tocsin.domain.acting import Gathered


def json_of(value: Any) -> bytes:
    """Return JSON of an answer; bytes in it (the search strings of WAF's rules) are shown as text."""
    text = json.dumps(value, sort_keys=True, indent=1, default=_shown, ensure_ascii=False)
    return text.encode() + b"\n"


def kept_as_json(name: str, value: Any, *, of: str, source: str, gap: str = "") -> Gathered:
    """Return an answer as one stream."""
    return Gathered(
        name=name,
        media_type="application/json",
        content=BytesIO(json_of(value)),
        of=of,
        source=source,
        gap=gap,
    )


def _shown(value: object) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
