"""Turns a noun into the JSON value that a row keeps of it, and back."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

Noun = TypeVar("Noun")


def body_of(noun: object) -> Any:
    """Return a frozen dataclass as JSON values; times as ISO 8601, lengths of time as ISO 8601 durations."""
    return msgspec.to_builtins(noun, str_keys=True)


def noun_of(body: Any, kind: type[Noun]) -> Noun:
    """Return the noun that a body was made of. Raises `ValueError` for a body that is not of its kind."""
    return msgspec.convert(body, kind, str_keys=True)
