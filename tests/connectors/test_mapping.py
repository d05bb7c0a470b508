"""A source's mapping: what it finds, what it sets aside, and its samples as tests."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from nouns import NOON
from tocsin.connectors.hook import NotMapped
from tocsin.connectors.mapping import WITHOUT_STATUS, parse_intake, sample_failures, shown
from tocsin.domain.pack_file import PackProblem

SHIPPED = Path(__file__).resolve().parents[2] / "packs" / "baseline" / "intake.yml"
TEXT = """
sources:
  shop:
    fields:
      id: /id
      dedup_key: /check
      status: /state
      severity: /sev
      title: "{/check} is {/state}"
      description: /text
      starts_at: /at
      ends_at: /until
      url: /link
      labels: {service: /service, team: =payments}
    resolved: [GREEN]
    ignored: [grey]
"""
BODY = {
    "id": 7,
    "check": "db",
    "state": "red",
    "sev": "high",
    "text": "slow",
    "at": "2026-03-01T11:00:00Z",
    "link": "https://x.example",
    "service": "shop",
}


def _mapping(text: str = TEXT):
    (mapping,) = parse_intake(text, "intake.yml").values()
    return mapping


def test_every_field_is_found() -> None:
    mapped = _mapping().mapped(BODY, NOON)
    assert mapped.delivery == "7/red"
    assert shown(mapped, NOON) == {
        "dedup_key": "db",
        "status": "firing",
        "title": "db is red",
        "description": "slow",
        "url": "https://x.example",
        "starts_at": "2026-03-01T11:00:00+00:00",
        "severity": "high",
        "service": "shop",
        "team": "payments",
    }


def test_a_word_for_the_end_ends_and_one_to_ignore_is_nothing() -> None:
    assert shown(_mapping().mapped(BODY | {"state": "green"}, NOON), NOON)["status"] == "resolved"
    assert shown(_mapping().mapped(BODY | {"state": "GREY"}, NOON), NOON) == {"status": "ignored"}


def test_an_end_that_is_named_is_kept() -> None:
    until = (NOON + timedelta(hours=1)).isoformat()
    assert _mapping().mapped(BODY | {"until": until}, NOON).report.report.ends_at.hour == 13


def test_without_a_status_an_alert_ends_after_a_day() -> None:
    mapping = _mapping("sources: {x: {fields: {title: /t, id: /i}}}")
    mapped = mapping.mapped({"t": "a", "i": "1"}, NOON)
    assert (mapped.report.report.ends_at, mapped.report.key) == (NOON + WITHOUT_STATUS, "1")


@pytest.mark.parametrize(
    "body", [[], "x", None, {}, BODY | {"check": ""}, BODY | {"check": None, "id": None}]
)
def test_what_does_not_map_is_said(body: object) -> None:
    if isinstance(body, dict) and body.get("id"):
        body = body | {"state": ""}
    mapping = _mapping(TEXT.replace('"{/check} is {/state}"', "/check"))
    with pytest.raises(NotMapped):
        mapping.mapped(body, NOON)


def test_a_link_that_is_none_is_left_out() -> None:
    assert _mapping().mapped(BODY | {"link": "javascript:x"}, NOON).report.report.generator_url == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sources: {x: {fields: {title: /t}}}", "neither `dedup_key` nor `id`"),
        ("sources: {x: {fields: {id: /i}}}", "`title` is missing"),
        ("sources: {x: {fields: {id: /i, title: plain}}}", "no expression"),
        ("sources: {x: {fields: {id: /i, title: /t, colour: /c}}}", "colour"),
        ("sources: {x: {fields: {id: /i, title: /t}, samples: [{name: a}]}}", "`body` is missing"),
        ("other: 1", "other"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, words: str) -> None:
    with pytest.raises(PackProblem, match=words):
        parse_intake(text, "intake.yml")


def test_the_shipped_samples_pass() -> None:
    for mapping in parse_intake(SHIPPED.read_text(), "intake.yml").values():
        assert len(mapping.samples) >= 2
        assert sample_failures(mapping, NOON) == ()


@pytest.mark.parametrize(
    ("body", "gives", "fault"),
    [
        ("{", "{title: a}", "not JSON"),
        ("{}", "{title: a}", "does not map"),
        ('{"t": "a", "i": "1"}', "null", "was to be set aside"),
        ('{"t": "a", "i": "1"}', "{title: b, status: resolved}", "title is 'a', not 'b'"),
    ],
)
def test_a_sample_that_fails_says_where_and_why(body: str, gives: str, fault: str) -> None:
    sample = f"samples: [{{name: s, body: '{body}', gives: {gives}}}]"
    mapping = _mapping(f"sources: {{x: {{fields: {{title: /t, id: /i}}, {sample}}}}}")
    told = " ".join(sample_failures(mapping, NOON))
    assert told.startswith("intake.yml:1: sample 's' of x:")
    assert fault in told
