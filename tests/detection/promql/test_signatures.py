from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.detection.promql.signatures import AGGREGATIONS, SIGNATURES, Kind, share_covered

DOCS = Path(__file__).resolve().parents[3] / "docs" / "promql.md"


@pytest.mark.parametrize(
    ("name", "fewest", "most"),
    [
        ("rate", 1, 1),
        ("time", 0, 0),
        ("round", 1, 2),
        ("hour", 0, 1),
        ("label_join", 3, float("inf")),
        ("label_replace", 5, 5),
    ],
)
def test_a_function_knows_how_many_arguments_it_takes(name: str, fewest: int, most: float) -> None:
    assert (SIGNATURES[name].fewest, SIGNATURES[name].most) == (fewest, most)


def test_a_last_argument_that_repeats_keeps_its_kind() -> None:
    assert [SIGNATURES["label_join"].kind_at(index) for index in (0, 1, 9)] == [
        Kind.VECTOR,
        Kind.STRING,
        Kind.STRING,
    ]


def test_the_share_that_the_docs_name_is_the_share_there_is() -> None:
    ours, all_of_them = share_covered()
    assert (len(SIGNATURES), len(AGGREGATIONS)) == (67, 12)
    assert f"**{ours} of {all_of_them}**" in DOCS.read_text(encoding="utf-8")


def test_the_docs_name_every_function_there_is() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert [name for name in (*SIGNATURES, *AGGREGATIONS) if f"`{name}`" not in text] == []
