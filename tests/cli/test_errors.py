"""The error codes, read from the documentation's own table."""

from __future__ import annotations

from tocsin.cli.errors import explained, known


def test_every_documented_code_is_known_in_order() -> None:
    assert "move_refused" in known()
    assert list(known()) == sorted(known())


def test_a_code_is_explained_in_three_sentences() -> None:
    found = explained("link_used")
    assert found is not None
    assert list(found) == ["code", "happened", "means", "next_step"]
    assert all(found.values())


def test_an_unknown_code_has_no_explanation() -> None:
    assert explained("nonsense") is None
