"""Scores and levels become the words that rules ask for."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.connectors.code_scans.severity_words import score_of, word_of


@pytest.mark.parametrize(
    ("value", "score"),
    [
        ("9.8", 9.8),
        (7, 7.0),
        (0, 0.0),
        ("x", None),
        ("nan", None),
        (11, None),
        (-1, None),
        (None, None),
        (True, None),
        ("1" * 30, None),
    ],
)
def test_a_score_runs_from_0_to_10(value: Any, score: float | None) -> None:
    assert score_of(value) == score


@pytest.mark.parametrize(
    ("score", "level", "word"),
    [
        (9.0, "note", "critical"),
        (8.9, None, "high"),
        (4.0, None, "medium"),
        (0.1, "error", "low"),
        (None, "error", "high"),
        (None, "note", "low"),
        (0.0, "none", "informational"),
        (None, None, "medium"),
        (None, "odd", "medium"),
        (None, 7, "medium"),
    ],
)
def test_the_score_counts_before_the_level(score: float | None, level: Any, word: str) -> None:
    assert word_of(score, level) == word
