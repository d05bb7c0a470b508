from __future__ import annotations

from typing import Any

import pytest

from tocsin.connectors.runbook_pages.collectors import COLLECTORS, UNTRUSTED
from tocsin.domain.acting import Call
from tocsin.domain.playing import drive

URL = "https://acme.example/wiki/spaces/OPS/pages/77"


class Pages:
    """Answers as it is told."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told

    def call(self, call: Call) -> Any:
        assert (call.service, call.parameters) == ("runbook.pages", {"url": URL})
        return self.told


@pytest.mark.parametrize(
    ("told", "lines"),
    [
        (
            {"quote": "Look.\nRead at noon", "digest": "ab", "version": "7", "is_cut": False, "at": "12:00"},
            [f"Quoted from {URL}, version 7", "SHA-256 of the answer: ab", "> Look.", "> Read at noon"],
        ),
        (
            {"quote": "", "digest": "ab", "version": "", "is_cut": True, "at": "12:00"},
            [f"Quoted from {URL}", "SHA-256 of the answer, of its first part: ab", "> (nothing to read)"],
        ),
    ],
)
def test_a_quote_says_where_and_when_and_every_line_of_it_is_marked(told, lines) -> None:
    (collector,) = COLLECTORS
    (gathered,) = drive(collector.gather({"url": URL}), lambda service: Pages(told))
    first, at, answer, unverified, blank, *quote = gathered.content.read().decode().splitlines()
    assert [first, answer, *quote] == lines
    assert (at, unverified, blank) == ("Read at 12:00", UNTRUSTED, "")
