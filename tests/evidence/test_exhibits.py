from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.exhibit import Exhibit, Label
from tocsin.evidence.exhibits import (
    DEFAULT_MEDIA_TYPE,
    MAX_NAME_BYTES,
    Deposit,
    EvidenceEmpty,
    LabelMissing,
    admit,
    label,
    safe_name,
)

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
DIGEST = "0123456789abcdef" * 4
LABEL = Label(incident_date=date(2026, 1, 1), description="sign-in log", exported_by="Ada")
DEPOSIT = Deposit(
    incident_id=UUID(int=3),
    name="sign-ins.ndjson",
    label=LABEL,
    media_type="application/x-ndjson",
    collector="alert.context",
    covers="alert.context",
)


def admitted(deposit: Deposit = DEPOSIT, *, digest: str = DIGEST, size: int = 12) -> Exhibit:
    return admit(deposit, number=7, digest=digest, size=size, now=NOW)


def test_a_labelled_deposit_becomes_an_exhibit() -> None:
    assert admitted() == Exhibit(
        number=7,
        incident_id=UUID(int=3),
        digest=DIGEST,
        size=12,
        media_type="application/x-ndjson",
        name="sign-ins.ndjson",
        label=LABEL,
        kept_at=NOW,
        collector="alert.context",
        covers="alert.context",
    )


@pytest.mark.parametrize(
    ("incident_date", "description", "exported_by", "missing"),
    [
        pytest.param(None, "log", "Ada", ("the incident date",), id="no date"),
        pytest.param(date(2026, 1, 1), " \t", "Ada", ("a description",), id="a blank description"),
        pytest.param(date(2026, 1, 1), "log", "", ("the exporter's name",), id="nobody exported it"),
        pytest.param(
            None, "", "", ("the incident date", "a description", "the exporter's name"), id="nothing"
        ),
    ],
)
def test_a_label_without_one_of_its_parts_is_refused_by_name(
    incident_date: date | None, description: str, exported_by: str, missing: tuple[str, ...]
) -> None:
    with pytest.raises(LabelMissing) as refused:
        label(incident_date, description, exported_by)
    assert refused.value.missing == missing
    assert refused.value.happened == f"The exhibit's label lacks {' and '.join(missing)}."


def test_a_label_is_trimmed() -> None:
    assert label(date(2026, 1, 1), " sign-in log ", "\tAda") == LABEL


def test_no_exhibit_is_admitted_with_a_blank_label() -> None:
    with pytest.raises(LabelMissing, match="exporter's name"):
        admitted(replace(DEPOSIT, label=replace(LABEL, exported_by=" ")))


@pytest.mark.parametrize("size", [0, -1])
def test_empty_evidence_is_refused(size: int) -> None:
    with pytest.raises(EvidenceEmpty, match="is empty"):
        admitted(size=size)


@pytest.mark.parametrize("digest", ["", "0" * 63, "0" * 65, "A" * 64, "../" + "0" * 61, "0" * 64 + "\n"])
def test_what_is_no_digest_is_refused(digest: str) -> None:
    with pytest.raises(ValueError, match="64 lower-case hex digits"):
        admitted(digest=digest)


@pytest.mark.parametrize(
    ("stated", "kept"),
    [
        ("", DEFAULT_MEDIA_TYPE),
        ("text/plain; charset=utf-8", "text/plain"),
        (" Application/JSON ", "application/json"),
        ("image/svg+xml", "image/svg+xml"),
        ("text", DEFAULT_MEDIA_TYPE),
        ("text/plain\r\nSet-Cookie: a=b", DEFAULT_MEDIA_TYPE),
        ("a/" + "b" * 128, DEFAULT_MEDIA_TYPE),
    ],
)
def test_the_media_type_is_kept_if_it_is_one(stated: str, kept: str) -> None:
    assert admitted(replace(DEPOSIT, media_type=stated)).media_type == kept


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\logs\\a.txt", "C:_logs_a.txt"),
        ("..", "exhibit"),
        ("", "exhibit"),
        (" \n\0 ", "exhibit"),
        (".hidden", "hidden"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\r\nX-Evil: 1", "aX-Evil: 1"),
        ("lone\ud800surrogate", "lonesurrogate"),
        ("e\u0301t\u00e9", "\u00e9t\u00e9"),
        ("é" * 150, "é" * 100),
        ("a" * 199 + "é", "a" * 199),
    ],
)
def test_a_name_can_do_no_harm(given_name: str, kept: str) -> None:
    assert safe_name(given_name) == kept
    assert admitted(replace(DEPOSIT, name=given_name)).name == kept


@given(st.text())
def test_every_name_is_one_short_printable_path_component(name: str) -> None:
    safe = safe_name(name)
    assert 0 < len(safe.encode()) <= MAX_NAME_BYTES
    assert not set(safe) & {"/", "\\"}
    assert not safe.startswith(".")
    assert not any(unicodedata.category(character).startswith("C") for character in safe)
    assert safe_name(safe) == safe
