"""Write the few plain lines that a page or a notice consists of."""

from __future__ import annotations

from datetime import UTC, datetime

from tocsin.domain.incident import Incident
from tocsin.domain.page import Message, Page
from tocsin.oncall.answers import Answers
from tocsin.oncall.notices import NoticeEvent

MAX_SUBJECT = 120
MAX_LINE = 300
MAX_TEXT = 1500

_TOLD = {
    NoticeEvent.OPENED: "was opened",
    NoticeEvent.ACKNOWLEDGED: "was acknowledged",
    NoticeEvent.ESCALATED: "was not acknowledged in time and was escalated",
    NoticeEvent.UNANSWERED: "was answered by nobody, and nobody is called any more",
    NoticeEvent.CHANGED: "was rated anew",
    NoticeEvent.RESOLVED: "is resolved",
    NoticeEvent.UNREACHED: "called somebody whom no message reached: every channel of that page failed",
    NoticeEvent.TOLD: "has a word for you",
}

_PARTLY = {
    NoticeEvent.ACKNOWLEDGED: "goes on calling: {}",
    NoticeEvent.ESCALATED: "was not acknowledged by as many as must in time and was escalated: {}",
    NoticeEvent.UNANSWERED: "was not acknowledged by as many as must, and nobody is called any more: {}",
}
_NOBODY = Answers(by=(), needs=1)


def incident_key(incident: Incident) -> str:
    """Return what names the incident to partners that keep state, the same in all its messages."""
    return f"tocsin-{incident.incident_id}"


def page_message(*, key: str, incident: Incident, page: Page, link: str, runbook_url: str = "") -> Message:
    """Return the message of a page; `link` opens the page where the receiver acknowledges."""
    by = _instant(page.acknowledge_by)
    lines = (
        _headline(incident),
        _services(incident),
        f"Acknowledge by {by}: {link}",
        f"Why you: {_line(page.reason, MAX_LINE)}",
        f"Runbook: {runbook_url}" if runbook_url else "",
        _line(incident.description, MAX_LINE),
    )
    return Message(
        key=key,
        subject=_subject(incident),
        text=_text(lines),
        link=link,
        severity=incident.severity.value,
        incident=incident.short_name,
        is_page=True,
        fields=(*_fields(incident), ("Acknowledge by", by), ("Called", f"{page.person} ({page.role})")),
        runbook_url=runbook_url,
        event="page",
        incident_key=incident_key(incident),
        page_id=str(page.page_id),
        person=page.person,
        status=incident.status.value,
    )


def notice_message(
    *,
    key: str,
    incident: Incident,
    event: NoticeEvent,
    link: str,
    reason: str = "",
    runbook_url: str = "",
    answers: Answers = _NOBODY,
) -> Message:
    """Return the message of a notice; nobody need answer it. `answers` are counted where several must."""
    shown = f"{answers.counted} acknowledged" if _is_partly(event, answers) else str(event)
    lines = (
        _headline(incident),
        f"{incident.short_name} {_told(incident, event, answers)}. {link}",
        _services(incident),
        _line(reason, MAX_LINE),
        f"Runbook: {runbook_url}" if runbook_url else "",
        _line(incident.description, MAX_LINE),
    )
    return Message(
        key=key,
        subject=_line(f"[{shown}] {_subject(incident)}", MAX_SUBJECT),
        text=_text(lines),
        link=link,
        severity=incident.severity.value,
        incident=incident.short_name,
        is_page=False,
        fields=(*_fields(incident), *_answered(answers)),
        runbook_url=runbook_url,
        event=event.value,
        incident_key=incident_key(incident),
        status=incident.status.value,
        still_needed=answers.still_needed if incident.status.is_active else 0,
    )


def bundle_message(*, key: str, person: str, held: tuple[Incident, ...], count: int, link: str) -> Message:
    """Return one message in place of `count` pages that were held back; `held` are some of their incidents.

    The worst incident comes first and gives the message its severity.
    """
    ordered = sorted(held, key=lambda each: (each.severity, each.number))
    pages = "1 more page" if count == 1 else f"{count} more pages"
    rest = count - len(ordered)
    lines = (
        f"{pages} for {person} were held back, because many came at once. {link}",
        *(_line(f"{each.short_name} {_headline(each)}", MAX_LINE) for each in ordered),
        f"And {rest} more." if rest > 0 else "",
    )
    worst = ordered[0]
    return Message(
        key=key,
        subject=_line(f"{pages}: {worst.short_name} and others", MAX_SUBJECT),
        text=_text(lines),
        link=link,
        severity=worst.severity.value,
        incident=worst.short_name,
        is_page=False,
        event="bundle",
        incident_key=key,
        person=person,
        status=worst.status.value,
    )


def letter(*, key: str, event: str, subject: str, text: str, link: str, person: str = "") -> Message:
    """Return a message that belongs to no incident: a list, a hand-over, a readiness test."""
    return Message(
        key=key,
        subject=_line(subject, MAX_SUBJECT),
        text=_text(tuple(_line(line, MAX_LINE) for line in text.splitlines())),
        link=link,
        severity="P4",
        incident="",
        is_page=False,
        event=event,
        incident_key=key,
        person=person,
    )


def _told(incident: Incident, event: NoticeEvent, answers: Answers) -> str:
    if answers.still_needed and event in _PARTLY:
        return _line(_PARTLY[event].format(answers.words), MAX_LINE)
    if event is NoticeEvent.ACKNOWLEDGED and len(answers.by) > 1:
        return f"was acknowledged by {_line(', '.join(answers.by), MAX_LINE)}"
    if event is NoticeEvent.ACKNOWLEDGED and incident.acknowledged_by:
        return f"was acknowledged by {_line(incident.acknowledged_by, MAX_LINE)}"
    return f"is now {incident.severity.label}" if event is NoticeEvent.CHANGED else _TOLD[event]


def _is_partly(event: NoticeEvent, answers: Answers) -> bool:
    return event is NoticeEvent.ACKNOWLEDGED and answers.still_needed > 0


def _answered(answers: Answers) -> tuple[tuple[str, str], ...]:
    """Return the count as a fact, where several must."""
    if not answers.by or answers.needs == 1:
        return ()
    return (("Acknowledged", f"{answers.counted}: {_line(', '.join(answers.by), MAX_LINE)}"),)


def _subject(incident: Incident) -> str:
    practice = "DRILL " if incident.drill else ""
    return _line(f"{practice}{incident.severity.label} {incident.short_name}: {incident.title}", MAX_SUBJECT)


def _headline(incident: Incident) -> str:
    since = f", since {_instant(incident.detected_at)}"
    practice = "DRILL " if incident.drill else ""
    what = _line(incident.title, MAX_LINE)
    return f"{practice}{incident.severity.label}: {what}{since}"


def _services(incident: Incident) -> str:
    return _line(f"Affected: {', '.join(incident.services)}", MAX_LINE) if incident.services else ""


def _fields(incident: Incident) -> tuple[tuple[str, str], ...]:
    fields = [
        ("Severity", incident.severity.label),
        ("Incident", incident.short_name),
        ("Type", _line(incident.type, MAX_LINE)),
        ("Status", incident.status.value),
        ("Since", _instant(incident.detected_at)),
    ]
    if incident.services:
        fields.append(("Affected", _line(", ".join(incident.services), MAX_LINE)))
    return tuple(fields)


def _text(lines: tuple[str, ...]) -> str:
    """The description, which is the longest and comes last, is what a bound would cut."""
    text = "\n".join(one for one in lines if one)
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def _line(text: str, longest: int) -> str:
    """Return one printable line: outside text may not break lines or smuggle in headers."""
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
