"""Refusals explain themselves and carry the status that the sender is answered with."""

from __future__ import annotations

import pytest

from tocsin.connectors.refusal import (
    LONGEST_DETAIL,
    MOST_REFUSED_ALONE,
    BodyRefused,
    BodyTooLarge,
    BrokenGzip,
    NotJson,
    Refusals,
    Refused,
    UnknownFormat,
    WrongContentType,
    detail_of,
)


@pytest.mark.parametrize(
    ("refusal", "code", "status"),
    [
        (NotJson, "not_json", 400),
        (WrongContentType, "wrong_content_type", 415),
        (UnknownFormat, "unknown_format", 400),
        (BodyTooLarge, "decoded_too_large", 413),
        (BrokenGzip, "broken_gzip", 400),
    ],
)
def test_each_refusal_has_its_code_and_status(refusal: type[BodyRefused], code: str, status: int) -> None:
    raised = refusal("The body is a poem.")
    assert (raised.code, raised.status) == (code, status)
    assert raised.explain().startswith("The body is a poem.\nNothing of this body was taken in")


def test_beyond_a_thousand_refusals_the_rest_is_kept_together_and_nothing_is_dropped() -> None:
    refusals = Refusals(b"\n".join)
    for number in range(MOST_REFUSED_ALONE + 3):
        refusals.add(b"%d" % number, f"line {number} is odd")
    kept = refusals.all()
    assert (len(kept), len(refusals)) == (MOST_REFUSED_ALONE + 1, MOST_REFUSED_ALONE + 3)
    assert kept[0] == Refused(b"0", "line 0 is odd")
    assert kept[-1] == Refused(
        b"1000\n1001\n1002", "3 more were refused, the first because: line 1000 is odd"
    )
    assert b"\n".join(part.body for part in kept).split() == [b"%d" % number for number in range(1003)]


def test_a_parsers_words_are_one_bounded_printable_line() -> None:
    shown = detail_of(ValueError("bad\x1b[31m\r\nthing \u202e" + "x" * 10_000))
    assert shown.startswith("bad [31m thing x")
    assert len(shown) <= LONGEST_DETAIL
