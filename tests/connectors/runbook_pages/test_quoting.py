from __future__ import annotations

import time

import pytest

from tocsin.connectors.runbook_pages.quoting import LONGEST_QUOTE, quoted_html, quoted_text

STORAGE = """
<h1>Disk full</h1><p>Look at <strong>/var</strong> &amp; <em>/tmp</em>.<br/>Then:</p>
<ol><li>stop</li><li>free</li></ol>
<ac:structured-macro ac:name="code"><ac:parameter ac:name="language">bash</ac:parameter>
<ac:plain-text-body><![CDATA[df -h | sort]]></ac:plain-text-body></ac:structured-macro>
<script>alert(1)</script><style>p{}</style>
"""


def test_markup_becomes_the_lines_that_a_reader_sees() -> None:
    assert quoted_html(STORAGE).split("\n") == [
        "Disk full",
        "Look at /var & /tmp.",
        "Then:",
        "stop",
        "free",
        "df -h | sort",
    ]


@pytest.mark.parametrize("quoted", [quoted_html, quoted_text])
def test_a_quote_is_bounded_and_free_of_hidden_characters(quoted) -> None:
    assert len(quoted("word " * 50_000)) == LONGEST_QUOTE
    assert quoted("a\u202eb\x07\u200e") == "ab"


@pytest.mark.parametrize(
    "markup",
    [
        "<" * 100_000,
        "<!--" * 100_000,
        "<![CDATA[" * 100_000,
        "<a " * 100_000,
        "<script>" * 100_000,
        "&#" * 100_000,
        "</" * 100_000,
    ],
)
def test_hostile_markup_is_read_in_bounded_time(markup: str) -> None:
    begun = time.perf_counter()
    assert len(quoted_html(markup)) <= LONGEST_QUOTE
    assert time.perf_counter() - begun < 5


def test_ends_that_nobody_began_and_declarations_change_nothing() -> None:
    assert quoted_html("</script></p>a<!DOCTYPE html><![if IE]>b<hr/>c<x/>") == "ab\nc"
