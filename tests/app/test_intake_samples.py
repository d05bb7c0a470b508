"""The samples of intake.yml as tests, and one body tried."""

from __future__ import annotations

import pytest

from nouns import NOON
from tocsin.app.intake_samples import run_samples, try_body
from tocsin.connectors.mapping import parse_intake
from tocsin.connectors.refusal import BodyRefused
from tocsin.domain.errors import NotFound

TEXT = """
sources:
  a: {fields: {title: /t, id: /i}, samples: [{name: s, body: '{"t": "x", "i": "1"}', gives: {title: y}}]}
  b: {fields: {title: /t, id: /i}}
"""
MAPPINGS = parse_intake(TEXT, "intake.yml")


def test_every_source_is_run_and_failures_are_sentences() -> None:
    a, b = run_samples(MAPPINGS, (), NOON)
    assert (a.source, a.samples, len(a.failures)) == ("a", 1, 1)
    assert (b.source, b.samples, b.failures) == ("b", 0, ())
    assert [each.source for each in run_samples(MAPPINGS, ("b",), NOON)] == ["b"]


def test_a_body_is_tried() -> None:
    assert try_body(MAPPINGS, ("a",), b'{"t": "x", "i": 1}', NOON)["title"] == "x"


def test_an_unknown_source_or_body_is_refused() -> None:
    for names in (("c",),):
        with pytest.raises(NotFound, match="'c'"):
            run_samples(MAPPINGS, names, NOON)
    with pytest.raises(NotFound):
        try_body({}, (), b"{}", NOON)
    for body in (b"{", b"{}"):
        with pytest.raises(BodyRefused):
            try_body(MAPPINGS, ("a",), body, NOON)
