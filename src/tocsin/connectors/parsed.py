"""What a parser of signals gives back: records, each on one line, and what it refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tocsin.connectors.refusal import Refused


@dataclass(frozen=True, slots=True)
class Parsed:
    """The records of a body, each a JSON object's bytes on one line, and what was refused and why.

    Everything of the body is in one of the two, or belongs to a wrapping around them.
    """

    lines: tuple[bytes, ...]
    refused: tuple[Refused, ...] = ()


Convert = Callable[[bytes, dict[str, Any]], Parsed | None]
"""Makes signals of one JSON object, given as bytes and decoded; None when it is of another shape."""

Shape = Callable[[dict[str, Any]], bool]
"""Says whether a JSON object is of a format."""
