"""Takes single values out of decoded JSON that anybody may have written, without ever stumbling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson

from tocsin.connectors.plain import one_line, paragraphs
from tocsin.connectors.refusal import NotJson, detail_of

LONGEST_LABEL = 512
LONGEST_TEXT = 4_000
MOST_FIELDS = 1_000


def decoded_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object that a body is. Raises `NotJson`."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotJson(f"The body is not JSON: {detail_of(error)}.") from error
    if not isinstance(found, dict):
        raise NotJson("The body is JSON but not an object.")
    return found


def decoded_form(body: bytes) -> dict[str, str]:
    """Return the fields of a form (application/x-www-form-urlencoded). Raises `NotJson` for none."""
    try:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, strict_parsing=True, max_num_fields=MOST_FIELDS
        )
    except ValueError as error:
        raise NotJson("The body is not a form.") from error
    return dict(pairs)


def leaf(found: Any, *path: str) -> Any:
    """Return what lies at a path of names, None where anything on the way is missing or no object."""
    for name in path:
        if not isinstance(found, dict):
            return None
        found = found.get(name)
    return found


def word(found: Any, *path: str) -> str:
    """Return the text or number at a path as text, empty for anything else."""
    value = leaf(found, *path)
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(value)


def label(found: Any, *path: str) -> str:
    """Return a word fit for a label: one line, at most 512 characters."""
    return one_line(word(found, *path), limit=LONGEST_LABEL)


def text(found: Any, *path: str) -> str:
    """Return a word fit to be read: at most 4,000 characters."""
    return paragraphs(word(found, *path), limit=LONGEST_TEXT)


def url(found: Any, *path: str) -> str:
    """Return a web address, empty for anything that is none."""
    address = word(found, *path).strip()
    usable = address.startswith(("https://", "http://")) and address.isprintable() and " " not in address
    return address[:2_000] if usable else ""


def line_of(found: Mapping[str, Any]) -> bytes:
    """Return an object as one line for the lake. Raises `NotJson` for one that nests too deeply to write."""
    try:
        return orjson.dumps(found)
    except orjson.JSONEncodeError as error:
        raise NotJson("The body nests too deeply to be kept as a signal.") from error
