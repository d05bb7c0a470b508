"""What only reads is simply read again."""

from __future__ import annotations

from aws_rigs import KEY, no_network
from tocsin.connectors.aws_actions.reading import nothing_to_read_back, nothing_to_verify, read_again
from tocsin.domain.acting import Seen
from tocsin.domain.playing import rehearse


def test_a_look_is_repeated_and_there_is_nothing_to_verify() -> None:
    with no_network():
        assert rehearse(read_again({}, {}, KEY)).given is Seen.NOT_DONE
        assert rehearse(nothing_to_verify({}, {})).given is True


def test_what_cannot_be_read_back_is_not_called_so() -> None:
    with no_network():
        assert rehearse(nothing_to_read_back({}, {})).given is None
