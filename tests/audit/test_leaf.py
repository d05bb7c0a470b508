from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.audit.leaf import (
    MAX_LEAF_BYTES,
    EntryTooLarge,
    EntryUnreadable,
    decode,
    decode_with_digests,
    encode,
    fact_digest,
)
from tocsin.domain.entry import Entry

ENTRY = Entry(
    entry_id=UUID("00000000-0000-4000-8000-000000000001"),
    at=datetime(2026, 1, 1, 12, 0, 0, 5, tzinfo=UTC),
    actor="ada",
    kind="incident.moved",
    subject="INC-3",
    facts={"to": "mitigated", "from": "open"},
)
STORED = (
    b'{"v":1,"id":"00000000-0000-4000-8000-000000000001","at":"2026-01-01T12:00:00.000005Z","actor":"ada",'
    b'"kind":"incident.moved","subject":"INC-3","facts":{"from":"open","to":"mitigated"}}'
)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


def test_a_leaf_is_compact_and_in_a_fixed_order() -> None:
    assert encode(ENTRY) == STORED


def test_the_order_in_which_facts_were_given_does_not_matter() -> None:
    assert encode(replace(ENTRY, facts={"from": "open", "to": "mitigated"})) == STORED


def test_the_zone_in_which_a_time_was_given_does_not_matter() -> None:
    elsewhere = ENTRY.at.astimezone(timezone(timedelta(hours=5, minutes=45)))
    assert encode(replace(ENTRY, at=elsewhere)) == STORED


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        encode(replace(ENTRY, at=ENTRY.at.replace(tzinfo=None)))


@given(
    st.builds(
        Entry,
        entry_id=st.uuids(),
        at=st.datetimes(timezones=st.just(UTC)),
        actor=TEXT,
        kind=TEXT,
        subject=TEXT,
        facts=st.dictionaries(TEXT, TEXT),
    )
)
def test_every_short_entry_is_read_back(entry: Entry) -> None:
    assert decode(encode(entry)) == entry


def test_a_long_fact_goes_in_by_its_digest() -> None:
    body = "é" * 3000
    content = encode(replace(ENTRY, facts={"reason": "disk full", "body": body}))
    digest = "sha256:" + sha256(body.encode()).hexdigest()
    assert decode(content).facts == {"body": digest, "reason": "disk full"}
    assert orjson.loads(content)["digested"] == ["body"]


def test_many_middling_facts_go_in_by_their_digests() -> None:
    content = encode(
        replace(ENTRY, facts={f"fact {n:02}": "x" * 3000 for n in range(40)} | {"short": "kept"})
    )
    assert len(content) <= MAX_LEAF_BYTES
    facts = decode(content).facts
    assert facts["short"] == "kept"
    assert facts["fact 00"] == "sha256:" + sha256(b"x" * 3000).hexdigest()


def test_an_entry_too_large_even_so_is_refused() -> None:
    with pytest.raises(EntryTooLarge, match="bytes long"):
        encode(replace(ENTRY, actor="a" * MAX_LEAF_BYTES))


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=9000), max_size=12))
def test_whatever_facts_come_from_outside_the_leaf_fits(facts: dict[str, str]) -> None:
    assert len(encode(replace(ENTRY, facts=facts))) <= MAX_LEAF_BYTES


def test_what_no_database_keeps_is_replaced_as_its_rows_have_it() -> None:
    assert decode(encode(replace(ENTRY, actor="eve\ud800", facts={"\udfff": "\0\ud83d\ude00"}))) == replace(
        ENTRY, actor="eve\ufffd", facts={"\ufffd": "\ufffd\U0001f600"}
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "truncated", id="nothing"),
        pytest.param(b"\xff", "malformed", id="no JSON"),
        pytest.param(b"[]", "Expected `object`", id="not an object"),
        pytest.param(b'{"v":1}', "missing required field", id="a field missing"),
        pytest.param(STORED.replace(b'"v":1', b'"v":2'), "version is 2", id="a newer version"),
        pytest.param(STORED.replace(b"0005Z", b"0005"), "timezone", id="a time without zone"),
        pytest.param(STORED.replace(b'"open"', b"7"), "Expected `str`", id="a fact that is a number"),
    ],
)
def test_what_is_no_entry_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(EntryUnreadable, match=reason):
        decode(content)


def test_a_fact_has_the_same_digest_whether_it_is_kept_whole_or_by_digest() -> None:
    facts = {"long": "x" * 5000, "short": "sha256:" + "0" * 64}
    entry, digests = decode_with_digests(encode(replace(ENTRY, facts=facts)))
    assert entry.facts["long"].startswith("sha256:")
    assert digests == {name: fact_digest(value) for name, value in facts.items()}
