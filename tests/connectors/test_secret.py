"""A secret shows itself to nobody who does not ask for it by name."""

from __future__ import annotations

import copy
import logging
import pickle

import pytest

from tocsin.connectors.secret import HIDDEN, Secret, hidden_in, secrets_in

SECRET = Secret("xoxb-very-secret")


def test_every_way_to_print_it_shows_stars() -> None:
    shown = (
        repr(SECRET),
        str(SECRET),
        f"{SECRET:>30}",
        logging.Formatter().format(logging.LogRecord("a", 10, "b", 1, "%s %r", (SECRET, SECRET), None)),
        str([SECRET]),
        f"{SECRET}",
    )
    assert not any("secret" in text for text in shown)
    assert repr(SECRET) == HIDDEN


def test_it_is_revealed_by_name_and_knows_whether_it_is_empty() -> None:
    assert SECRET.reveal() == "xoxb-very-secret"
    assert SECRET
    assert not Secret("")


@pytest.mark.parametrize("write", [pickle.dumps, copy.deepcopy])
def test_it_is_never_written_to_disk(write: object) -> None:
    assert callable(write)
    with pytest.raises(TypeError, match="not written"):
        write(SECRET)


def test_a_partners_echo_is_hidden() -> None:
    assert hidden_in("no: xoxb-very-secret!", SECRET, Secret("")) == "no: ***!"


@pytest.mark.parametrize(
    ("address", "hidden"),
    [
        (
            "https://hooks.example/services/T0/B0/abcdefghijkl",
            {"https://hooks.example/services/T0/B0/abcdefghijkl", "services", "abcdefghijkl"},
        ),
        (
            "https://prod.example/w?sig=a%2Bbcdefgh&v=1",
            {
                "https://prod.example/w?sig=a%2Bbcdefgh&v=1",
                "https://prod.example/w?sig=a+bcdefgh&v=1",
                "a+bcdefgh",
            },
        ),
        ("http://[::1", {"http://[::1"}),
        ("", set()),
    ],
)
def test_an_address_that_is_a_secret_is_hidden_whole_and_in_its_parts(address: str, hidden: set[str]) -> None:
    assert {secret.reveal() for secret in secrets_in(Secret(address))} == hidden
