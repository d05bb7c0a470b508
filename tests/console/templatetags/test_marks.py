"""Marks: four codes for a severity, ticking clocks, and text that stays text."""

from __future__ import annotations

import pytest
from django.template import Context, Template

from nouns import NOON, a_clock, later
from tocsin.domain.severity import Severity


def _drawn(text: str, **context: object) -> str:
    return Template("{% load marks %}" + text).render(Context(context))


@pytest.mark.parametrize(
    ("severity", "word", "shape"),
    [
        (Severity.P1, "P1 Critical", "M3.5 0h5L12 3.5v5L8.5 12h-5L0 8.5v-5z"),
        (Severity.P2, "P2 High", "M6 0l6 12H0z"),
        (Severity.P3, "P3 Medium", "M6 0l6 6-6 6-6-6z"),
        (Severity.P4, "P4 Low", 'circle cx="6" cy="6" r="5"'),
    ],
)
def test_a_severity_is_told_by_word_shape_and_its_own_class(severity, word, shape):
    drawn = _drawn("{% severity it %}", it=severity)
    assert word in drawn
    assert shape in drawn
    assert f"mark-{severity.lower()}" in drawn
    assert 'aria-hidden="true"' in drawn


def test_other_marks_escape_their_words():
    for tag in ("well", "lost", "aside"):
        assert "&lt;b&gt;" in _drawn(f"{{% {tag} it %}}", it="<b>")


def test_an_instant_is_absolute_and_machine_readable():
    assert _drawn("{% when it %}", it=NOON) == (
        '<time datetime="2026-03-01T12:00:00Z" title="2026-03-01 UTC">2026-03-01 12:00:00 UTC</time>'
    )
    assert ">12:00:00</time>" in _drawn('{% when it "time" %}', it=NOON)
    assert _drawn("{% when it %}", it=None) == '<span class="quiet">–</span>'
    assert ">4 min ago</time>" in _drawn("{% ago it now %}", it=NOON, now=later(250))


def test_a_clock_ticks_until_it_has_ended():
    assert 'data-clock="since"' in _drawn("{% running it now %}", it=NOON, now=later(5))
    assert _drawn("{% running it now end %}", it=NOON, now=later(99), end=later(5)) == (
        '<span class="clock">00:00:05</span>'
    )
    late = _drawn("{% deadline it now %}", it=a_clock(), now=later(552))
    assert 'class="clock late"' in late
    assert 'data-start="2026-03-01T12:00:00Z" data-at="2026-03-01T12:05:00Z"' in late
    assert "Late: +04:12 over 5 min" in late
    assert "data-clock" not in _drawn("{% deadline it now %}", it=a_clock(met_at=later(1)), now=later(9))


def test_text_from_outside_is_escaped_made_visible_and_cut():
    hostile = "<script>alert(1)</script>\u202e" + "A" * 4000
    for filtered in ("{{ it|shown:40 }}", "{{ it|clipped:40 }}"):
        drawn = _drawn(filtered, it=hostile)
        assert "<script>" not in drawn
        assert "&lt;script&gt;" in drawn
        assert "⟨U+202E⟩" in drawn
        assert len(drawn) < 120
    assert _drawn("{{ it|clipped:4 }}", it="abcd") == "abcd"


def test_a_button_shows_its_key():
    assert _drawn('{% key "acknowledge" %}') == '<kbd data-key="a" aria-hidden="true"></kbd>'
