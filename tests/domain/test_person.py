"""Whoever asks by several doors is one person, and a token of nobody is nobody."""

from __future__ import annotations

import pytest

from tocsin.domain.person import is_nobody, is_username, person_behind


@pytest.mark.parametrize(
    ("actor", "person"),
    [
        ("ada", "ada"),
        ("cli:ada", "ada"),
        ("ada by token:ci", "ada"),
        ("ada by token:eve by token:ci", "ada"),
        ("token:ci", "token:ci"),
        # What stands before is no username, so nobody is taken for somebody else.
        (" by token:ci", " by token:ci"),
        ("Ada Lovelace by token:ci", "Ada Lovelace by token:ci"),
        ("token:ada by token:ci", "token:ada by token:ci"),
    ],
)
def test_one_person_counts_once_whatever_the_door(actor: str, person: str) -> None:
    assert person_behind(actor) == person


@pytest.mark.parametrize(
    ("actor", "nobody"),
    [("token:ci", True), ("token:ada by token:ci", True), ("ada by token:ci", False), ("cli:ada", False)],
)
def test_a_token_that_was_made_for_no_person_is_nobody(actor: str, nobody: bool) -> None:
    assert is_nobody(actor) is nobody


@pytest.mark.parametrize(
    ("text", "fits"),
    [("ada", True), ("a" * 64, True), ("a" * 65, False), ("", False), ("ada by", False), ("token:ci", False)],
)
def test_a_username_has_no_blank_and_no_colon(text: str, fits: bool) -> None:
    assert is_username(text) is fits
