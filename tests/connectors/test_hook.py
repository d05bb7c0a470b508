"""What every hook uses to prove a body: constant-time comparison, tokens, times, and names for secrets."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from nouns import NOON
from tocsin.connectors.hook import (
    Forged,
    HookSecret,
    demand,
    demand_recent,
    digest_of,
    hex_hmac,
    keyed,
    same,
    the_one,
    token_of,
    verify_token,
)
from tocsin.connectors.secret import Secret


def secret(text: str) -> HookSecret:
    return HookSecret(secret=Secret(text), name="n")


def test_the_first_secret_that_proves_is_named_and_all_are_tried() -> None:
    tried: list[str] = []

    def proves(one: HookSecret) -> bool:
        tried.append(one.secret.reveal())
        return one.secret.reveal() != "a"

    assert the_one([secret("a"), secret("b"), secret("c")], proves, "wrong") == 1
    assert tried == ["a", "b", "c"]


def test_without_secrets_or_a_right_one_it_is_forged() -> None:
    with pytest.raises(Forged, match="no secret is set up"):
        the_one([], lambda one: True, "wrong")
    with pytest.raises(Forged, match="its signature is wrong"):
        the_one([secret("a")], lambda one: False, "its signature is wrong")


@pytest.mark.parametrize("given", ["", "abc", "abcdé", "abcd\udc80", "ABCD"])
def test_any_text_can_be_compared(given: str) -> None:
    assert not same(given, "abcd")
    assert same("abcd", "abcd")


def test_the_published_vector_of_github_is_reproduced() -> None:
    digest = hex_hmac(secret("It's a Secret to Everybody"), b"Hello, World!")
    assert digest == "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_a_header_that_must_be_there_is_demanded() -> None:
    assert demand({"a": " x "}, "a", "thing") == "x"
    with pytest.raises(Forged, match="it carries no thing"):
        demand({"a": " "}, "a", "thing")


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_a_time_within_five_minutes_is_recent(seconds: int) -> None:
    demand_recent(str(int((NOON + timedelta(seconds=seconds)).timestamp())), NOON)


@pytest.mark.parametrize(
    ("text", "status"),
    [("-1", 401), ("", 401), ("1e9", 401), ("²", 401), ("9" * 13, 401), ("0", 403), ("999999999999", 403)],
)
def test_any_other_time_is_not(text: str, status: int) -> None:
    with pytest.raises(Forged) as refused:
        demand_recent(text, NOON)
    assert refused.value.status == status


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({"authorization": "Bearer abc"}, "abc"),
        ({"authorization": "GenieKey abc"}, "abc"),
        ({"authorization": f"Basic {base64.b64encode(b'sns:abc').decode()}"}, "abc"),
        ({"authorization": "Basic %"}, ""),
        ({"authorization": "Basic /w=="}, ""),
        ({"authorization": "Digest abc"}, ""),
        ({"x-tocsin-token": "abc", "authorization": "Bearer x"}, "abc"),
        ({"x-own": "abc", "x-tocsin-token": "x"}, "abc"),
        ({}, ""),
    ],
)
def test_a_token_is_found_where_senders_can_put_it(headers: dict[str, str], token: str) -> None:
    assert token_of(headers, "x-own") == token


def test_a_token_is_compared_as_a_whole() -> None:
    assert verify_token("b", [secret("a"), secret("b")]) == 1
    for wrong in ("", "ab", "B"):
        with pytest.raises(Forged):
            verify_token(wrong, [secret("a"), secret("b")])


def test_a_digest_tells_where_one_part_ends() -> None:
    assert digest_of("ab", "c") != digest_of("a", "bc") != digest_of("abc")
    assert digest_of("é", b"\xff") == digest_of("é".encode(), b"\xff")


def test_a_report_leaves_out_what_is_empty_and_bounds_its_key() -> None:
    report = keyed("k" * 600, {"a": "1", "b": "", "": "x"}, {"c": ""}, origin="o")
    assert (len(report.key), report.report.labels, report.report.annotations) == (512, {"a": "1"}, {})
    assert report.report.source == "o"


def test_a_refusal_explains_itself_and_repeats_nothing() -> None:
    refusal = Forged("its signature is wrong", status=403)
    assert (refusal.code, refusal.status, refusal.reason) == ("forged", 403, "its signature is wrong")
    assert "docs/hooks.md" in refusal.explain()
