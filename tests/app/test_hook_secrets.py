"""Secrets in settings: for one source or all, the current one first, the use of old ones counted."""

from __future__ import annotations

import pytest

from nouns import NOON, later
from tocsin.app.hook_secrets import count_old_use, old_uses, secrets_for, written_secrets


def _texts(setting: str, source: str = "shop") -> list[str]:
    return [one.secret.reveal() for one in secrets_for(setting, source, b"k")]


@pytest.mark.parametrize(
    ("setting", "secrets"),
    [
        ("", []),
        (" , ", []),
        ("new, old", ["new", "old"]),
        ("all,shop=own,bank=theirs", ["own", "all"]),
        ("*=a=b", ["a=b"]),
        ("shop=a=b", ["a=b"]),
        ("abcdef==", ["abcdef=="]),
        ("abcdef=", ["abcdef="]),
        ("whsec_MfKQ9r8GKYqrTw==", ["whsec_MfKQ9r8GKYqrTw=="]),
        ("arn:aws:sns:eu-west-1:1:t", ["arn:aws:sns:eu-west-1:1:t"]),
        ("shop=arn:aws:sns:eu-west-1:1:t", ["arn:aws:sns:eu-west-1:1:t"]),
    ],
)
def test_a_source_has_its_own_secrets_and_those_of_all(setting: str, secrets: list[str]) -> None:
    assert _texts(setting) == secrets


def test_a_secret_is_named_without_giving_it_away() -> None:
    (one,) = secrets_for("hunter2", "shop", b"k")
    (other,) = secrets_for("hunter2", "shop", b"another home")
    assert (len(one.name), one.name == other.name) == (12, False)
    assert "hunter2" not in repr(one)


def test_each_use_of_an_old_secret_is_counted(memory_store) -> None:
    (old,) = secrets_for("old", "shop", b"k")
    for seconds in (0, 60):
        with memory_store.transaction() as shelves:
            count_old_use(shelves, "github", "shop", old, later(seconds))
    with memory_store.reading() as shelves:
        (use,) = old_uses(shelves)
    assert (use.connector, use.source, use.name, use.times, use.last) == (
        *("github", "shop", old.name),
        *(2, later(60)),
    )
    assert use.last > NOON


def test_every_secret_of_a_setting_is_found_whichever_source_it_holds_for() -> None:
    assert written_secrets("one, shop=two,*=three,,a==") == ("one", "two", "three", "a==")
    assert written_secrets("") == ()
