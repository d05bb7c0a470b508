"""Puts scanners' scores and levels into the words that Snyk uses and rules ask for."""

from __future__ import annotations

import math
from typing import Any

_BANDS = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.0, "low"))
"""GitHub's bands of `security-severity`: docs.github.com, "SARIF support for code scanning"."""

_LEVELS = {"error": "high", "warning": "medium", "note": "low", "none": "informational"}
_DEFAULT_LEVEL = "warning"
"""SARIF 2.1.0, 3.27.10: a result without a level is a warning."""


def score_of(value: Any) -> float | None:
    """Read a score from 0 to 10, written as a number or as text; None for anything else."""
    if type(value) not in (int, float, str) or len(str(value)) > 20:
        return None
    try:
        score = float(value)
    except ValueError:
        return None
    return score if math.isfinite(score) and 0 <= score <= 10 else None


def word_of(score: float | None, level: Any) -> str:
    """Return critical, high, medium, low or informational: by the score if there is one, else the level."""
    if score:
        return next(word for least, word in _BANDS if score >= least)
    return _LEVELS.get(level if type(level) is str else _DEFAULT_LEVEL, _LEVELS[_DEFAULT_LEVEL])
