"""Marks in templates: severity by word, shape, ink and colour; clocks; times; text from outside."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from tocsin.console import keys, times, untrusted
from tocsin.domain.action import Action, ActionState
from tocsin.domain.incident import IncidentClock
from tocsin.domain.severity import Severity

register = template.Library()

# Shapes of the severity scale and of what is well, 12 by 12, in the colour of the text beside them.
_SHAPES: dict[str, SafeString] = {
    "P1": mark_safe('<path fill="currentColor" d="M3.5 0h5L12 3.5v5L8.5 12h-5L0 8.5v-5z"/>'),
    "P2": mark_safe('<path fill="currentColor" d="M6 0l6 12H0z"/>'),
    "P3": mark_safe('<path fill="currentColor" d="M6 0l6 6-6 6-6-6z"/>'),
    "P4": mark_safe('<circle cx="6" cy="6" r="5" fill="none" stroke="currentColor" stroke-width="2"/>'),
    "ok": mark_safe('<path fill="none" stroke="currentColor" stroke-width="2" d="M1 6.5l3.5 3.5L11 2"/>'),
    "lost": mark_safe('<path fill="none" stroke="currentColor" stroke-width="2" d="M1 1l10 10M11 1L1 11"/>'),
    "lock": mark_safe(
        '<path fill="none" stroke="currentColor" stroke-width="2" d="M3.5 6V3.5a2.5 2.5 0 0 1 5 0V6"/>'
        '<path fill="currentColor" d="M1.5 5.5h9V12h-9z"/>'
    ),
    "open": mark_safe('<circle cx="6" cy="6" r="4.5" fill="none" stroke="currentColor" stroke-width="2"/>'),
    "note": mark_safe('<path fill="none" stroke="currentColor" stroke-width="2" d="M1 6h10"/>'),
}

_STANDINGS: dict[ActionState, str] = {
    ActionState.PROPOSED: "open",
    ActionState.BEGUN: "open",
    ActionState.DONE: "ok",
    ActionState.FAILED: "lost",
    ActionState.UNKNOWN: "lost",
}
"""How an action's state is drawn; every other one is over, and dashed."""


def _mark(kind: str, words: str) -> SafeString:
    return format_html(
        '<span class="mark mark-{}"><svg viewBox="0 0 12 12" aria-hidden="true">{}</svg>{}</span>',
        kind.lower(),
        _SHAPES[kind],
        words,
    )


@register.simple_tag
def severity(value: Severity) -> SafeString:
    """Draw a severity: its word, its shape, its ink weight and its colours."""
    return _mark(value.value, value.label)


@register.simple_tag
def well(words: str) -> SafeString:
    """Draw a tick and say what is well; never a severity."""
    return _mark("ok", words)


@register.simple_tag
def lost(words: str) -> SafeString:
    """Draw a cross and say what is wrong with our own sight."""
    return _mark("lost", words)


@register.simple_tag
def locked(words: str) -> SafeString:
    """Draw a lock and say what is behind it."""
    return _mark("lock", words)


@register.simple_tag
def standing(action: Action) -> SafeString:
    """Draw how far an action has come: what went well, went wrong, or is still open look different."""
    return _mark(_STANDINGS.get(action.state, "note"), action.state.value)


@register.simple_tag
def aside(words: str) -> SafeString:
    """Draw a dashed remark such as Drill or Inbox."""
    return _mark("note", words)


@register.simple_tag
def when(at: datetime | None, form: str = "full") -> SafeString:
    """Write an instant in UTC: `full` with its day, `time` without; an absent one is a dash."""
    if at is None:
        return mark_safe('<span class="quiet">–</span>')
    words = f"{times.day(at)} {times.time_of_day(at)} UTC" if form == "full" else times.time_of_day(at)
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>', times.instant(at), times.day(at), words
    )


@register.simple_tag
def ago(at: datetime, now: datetime) -> SafeString:
    """Write an instant relative to now, `4 min ago`; the browser keeps it right."""
    words = f"{times.rounded(now - at)} ago"
    return format_html('<time datetime="{}" data-clock="ago">{}</time>', times.instant(at), words)


@register.simple_tag
def running(since: datetime, now: datetime, until: datetime | None = None) -> SafeString:
    """Write how long something has lasted, `00:23:41`; it ticks unless it has ended."""
    words = times.elapsed((until or now) - since)
    if until is not None:
        return format_html('<span class="clock">{}</span>', words)
    return format_html(
        '<span class="clock" data-clock="since" data-at="{}">{}</span>', times.instant(since), words
    )


@register.simple_tag
def deadline(clock: IncidentClock, now: datetime) -> SafeString:
    """Write a clock: time left, or late and by how much, or met; one that runs ticks."""
    shown = times.deadline(clock, now)
    if clock.met_at is not None:
        return format_html('<span class="clock {}">{}</span>', shown.state, shown.words)
    return format_html(
        '<span class="clock {}" data-clock="until" data-start="{}" data-at="{}">{}</span>',
        shown.state,
        times.instant(clock.started_at),
        times.instant(clock.due_at),
        shown.words,
    )


@register.filter
def shown(text: object, limit: int = 600) -> str:
    """Return text from outside with invisible characters written out, and capped; the template escapes it."""
    return untrusted.visible(untrusted.capped(str(text), limit))


@register.filter
def clipped(text: object, limit: int = 160) -> str:
    """Return a title from outside, cut with an ellipsis; the template escapes it."""
    whole = str(text)
    return untrusted.visible(whole if len(whole) <= limit else f"{whole[: limit - 1]}…")


@register.simple_tag
def key(does: str) -> SafeString:
    """Draw the key that does this; for the eye alone, since the element that has it names it by attribute."""
    return format_html('<kbd data-key="{}" aria-hidden="true"></kbd>', keys.label_of(does))
