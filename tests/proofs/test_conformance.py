"""The conformance kit: all vectors hold for our engine and cover what they claim; the scores are true."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

KIT = Path(__file__).parents[2] / "conformance"
SETTLED = (
    *(f"S{number}" for number in range(1, 37)),
    *(f"T{number}" for number in range(1, 13)),
    *(f"E{number}" for number in range(1, 8)),
    "section 4",
)


@pytest.fixture(scope="module")
def kit(load_program: Callable[[str], ModuleType]) -> ModuleType:
    return load_program("conformance/run.py")


@pytest.fixture(scope="module")
def all_vectors(kit: ModuleType) -> list[Any]:
    return list(kit.vectors())


@pytest.fixture(scope="module")
def scores(kit: ModuleType, all_vectors: list[Any]) -> list[Any]:
    return [kit.score_of(engine, all_vectors) for engine in ("tocsin", "pysigma_sqlite")]


def test_every_vector_holds_for_our_engine(
    kit: ModuleType, scores: list[Any], all_vectors: list[Any]
) -> None:
    ours, _ = scores
    assert ours.of() == (len(all_vectors), 0, 0), kit.told(ours)


def test_the_published_scores_are_those_of_the_engines(
    kit: ModuleType, scores: list[Any], all_vectors: list[Any]
) -> None:
    assert (KIT / "SCORES.md").read_text("utf-8") == kit.scores_page(scores, len(all_vectors))


def test_the_vectors_cover_every_line_of_the_semantics(all_vectors: list[Any]) -> None:
    covered = Counter(each.content["spec_ref"] for each in all_vectors)
    assert len(all_vectors) >= 400
    assert [line for line in SETTLED if covered[line] < 4] == []
    assert {line for line in covered if not line.startswith("decision ")} == set(SETTLED)


def test_every_vector_is_named_once_and_has_only_known_parts(all_vectors: list[Any]) -> None:
    assert [name for name, count in Counter(each.id for each in all_vectors).items() if count > 1] == []
    known = {"id", "title", "spec_ref", "needs", "rule", "tables", "calendars", "events", "until", "expected"}
    answers = {"matches", "alerts", "diagnostics", "remarked", "error"}
    for each in all_vectors:
        assert each.content.keys() <= known, each.id
        assert each.content["expected"].keys() <= answers, each.id
        assert each.id.startswith(f"{each.topic}-"), each.id


@pytest.mark.parametrize(
    ("expected", "answer"),
    [
        ({"matches": [0]}, {"matches": [0, 1]}),
        ({"matches": [0]}, {"error": "no"}),
        ({"error": True}, {"matches": []}),
        ({"alerts": []}, {"alerts": [{"count": 1}]}),
        ({"alerts": [{"count": 2}]}, {"alerts": [{"count": 1}]}),
        ({"alerts": [{"count": 2}]}, {"alerts": []}),
        ({"alerts": [{"group": {"user": "ada"}}]}, {"alerts": [{"group": {"user": "eve"}}]}),
        ({"alerts": [{"last": "2026-01-05T00:00:00Z"}]}, {"alerts": [{"last": "2026-01-05T00:00:01+00:00"}]}),
        ({"alerts": [], "diagnostics": {"missing_group_key": 1}}, {"alerts": []}),
        ({"matches": [], "remarked": True}, {"matches": []}),
    ],
)
def test_a_wrong_answer_is_told(kit: ModuleType, expected: dict[str, Any], answer: dict[str, Any]) -> None:
    assert kit.difference(expected, answer)


@pytest.mark.parametrize(
    ("expected", "answer"),
    [
        ({"matches": [0, 2]}, {"matches": [2, 0]}),
        ({"error": True}, {"error": "no"}),
        ({"alerts": [{"count": 2}, {"count": 1}]}, {"alerts": [{"count": 1, "first": "x"}, {"count": 2}]}),
        ({"alerts": [{"group": {"user": "ada"}}]}, {"alerts": [{"group": {"user": "ADA"}}]}),
        ({"alerts": [{"last": "2026-01-05T00:00:00Z"}]}, {"alerts": [{"last": "2026-01-05T00:00:00+00:00"}]}),
    ],
)
def test_a_right_answer_passes(kit: ModuleType, expected: dict[str, Any], answer: dict[str, Any]) -> None:
    assert not kit.difference(expected, answer)


def test_an_engine_is_asked_nothing_that_it_does_not_offer(kit: ModuleType) -> None:
    content = {"id": "X-01", "title": "x", "needs": ["magic"], "rule": [], "events": [], "expected": {}}

    class Deaf:
        name = "deaf"
        offers: frozenset[str] = frozenset()

        def ask(self, question: dict[str, Any]) -> dict[str, Any]:
            raise AssertionError(json.dumps(question))

    assert kit.played(Deaf(), [kit.Vector("X", "x", content)]).of() == (0, 0, 1)
