"""Judges whether an answer to "why was I (not) paged?" is complete; never content with an empty one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SCHEMA = "tocsin.why/2"
SECTIONS = ("heard", "route", "incident", "muted", "steps", "receivers")
SHORTEST = 12
"""A fact is a sentence, so never shorter than this."""
ENDED = ("delivered", "dead")


@dataclass(frozen=True)
class Demand:
    """What must be found in the answer about one alert.

    `words` are (section, text) pairs that must stand there; `because` must be said to each person. `paged`
    are those who must have been paged, with at least one message that ended as one of `ends`; `told`
    says that receivers of an alertmanager.yml must be named with their answers.
    """

    alert: str
    people: Sequence[str]
    words: Sequence[tuple[str, str]] = ()
    because: str = ""
    paged: Sequence[str] = ()
    ends: Sequence[str] = ()
    has_incident: bool = False
    told: bool = False


def missing(answer: Mapping[str, Any], demand: Demand) -> tuple[str, ...]:
    """Return what an answer lacks, in words; nothing when it is complete."""
    return (
        *_of_the_alert(answer, demand),
        *_of_sections(answer, demand),
        *_of_people(answer, demand),
        *_of_receivers(answer, demand),
    )


def _of_the_alert(answer: Mapping[str, Any], demand: Demand) -> Iterator[str]:
    alert = answer.get("alert") or {}
    if alert.get("id") != demand.alert:
        yield f"it is about {alert.get('id')} and not {demand.alert}"
    if bool(answer.get("incident")) != demand.has_incident:
        yield f"the incident is {answer.get('incident')!r}"
    if demand.has_incident and not answer.get("policy"):
        yield "no policy is named"


def _of_sections(answer: Mapping[str, Any], demand: Demand) -> Iterator[str]:
    found = {each.get("name"): each.get("facts") or [] for each in answer.get("sections") or []}
    for name in SECTIONS:
        facts = found.get(name, [])
        if not facts:
            yield f"the section {name} holds nothing"
        for fact in facts:
            yield from _of_fact(fact, f"the section {name}")
    for name, words in demand.words:
        said = " ".join(str(fact.get("text", "")) for fact in found.get(name, []))
        if not words or words not in said:
            yield f"the section {name} does not say {words!r}: {said[:200]!r}"


def _of_fact(fact: Mapping[str, Any], where: str) -> Iterator[str]:
    text = str(fact.get("text") or "")
    if len(text.strip()) < SHORTEST:
        yield f"{where} holds a fact that says nothing: {text!r}"
    if fact.get("basis") not in ("recorded", "present"):
        yield f"{where} holds a fact without a basis"


def _of_people(answer: Mapping[str, Any], demand: Demand) -> Iterator[str]:
    found = {each.get("person"): each for each in answer.get("people") or []}
    if not demand.people:
        yield "nobody was asked about"
    for name in demand.people:
        if name not in found:
            yield f"nothing is said about {name}"
            continue
        yield from _of_person(name, found[name], demand)


def _of_person(name: str, person: Mapping[str, Any], demand: Demand) -> Iterator[str]:
    because = person.get("because") or []
    said = " ".join(str(fact.get("text", "")) for fact in because)
    if not because:
        yield f"{name}: no reason is given"
    for fact in because:
        yield from _of_fact(fact, name)
    if name not in said:
        yield f"{name}: the reasons never speak of {name}"
    if demand.because and demand.because not in said:
        yield f"{name}: the reasons do not say {demand.because!r}: {said[:200]!r}"
    pages = person.get("pages") or []
    if bool(person.get("was_paged")) != bool(pages):
        yield f"{name}: was_paged contradicts the pages"
    if (name in demand.paged) != bool(pages):
        yield f"{name}: {len(pages)} pages"
    for page in pages:
        yield from _of_page(name, page)
    ends = {message.get("state") for page in pages for message in page.get("messages") or []}
    if name in demand.paged and demand.ends and not ends & set(demand.ends):
        yield f"{name}: messages ended as {sorted(map(str, ends))}, none as {list(demand.ends)}"
    for notice in person.get("notices") or []:
        yield from _of_message(name, notice)


def _of_page(name: str, page: Mapping[str, Any]) -> Iterator[str]:
    for key in ("step", "policy", "role", "reason", "how", "requested_at", "acknowledge_by"):
        if not page.get(key):
            yield f"{name}: a page without {key}"
    messages = page.get("messages") or []
    if not messages:
        yield f"{name}: a page without a message"
    for message in messages:
        yield from _of_message(name, message)


def _of_message(name: str, message: Mapping[str, Any]) -> Iterator[str]:
    for key in ("key", "channel", "address", "state", "requested_at"):
        if not message.get(key):
            yield f"{name}: a message without {key}"
    state, attempts = message.get("state"), message.get("attempts") or []
    if state not in ENDED:
        if not attempts and not message.get("answer"):
            yield f"{name}: a message is {state}, and nothing says why"
        return
    if not attempts:
        yield f"{name}: a message is {state} without any attempt"
        return
    for attempt in attempts:
        yield from _of_attempt(name, attempt)
    if (attempts[-1].get("outcome") == "delivered") != (state == "delivered"):
        yield f"{name}: a message is {state}, its last attempt {attempts[-1].get('outcome')}"


def _of_attempt(name: str, attempt: Mapping[str, Any]) -> Iterator[str]:
    for key in ("number", "at", "outcome", "answer"):
        if not attempt.get(key):
            yield f"{name}: an attempt without {key}"


def _of_receivers(answer: Mapping[str, Any], demand: Demand) -> Iterator[str]:
    receivers = answer.get("receivers") or []
    if demand.told and not receivers:
        yield "no attempt to tell a receiver is named"
    for attempt in receivers:
        yield from _of_attempt("a receiver", attempt)
        if not attempt.get("key"):
            yield "an attempt to tell a receiver has no key"
