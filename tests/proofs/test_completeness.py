"""The judge of answers is content with a whole one, and with none that lacks anything."""

from __future__ import annotations

import copy
from typing import Any

import pytest

FACT = {"at": None, "text": "ben was primary of the schedule then.", "basis": "recorded"}
ATTEMPT = {"number": 1, "at": "2026-03-01T12:00:00Z", "outcome": "delivered", "answer": "200", "status": None}
MESSAGE = {
    "key": "page-1-1",
    "channel": "webhook",
    "address": "http://x.example/",
    "state": "delivered",
    "requested_at": "2026-03-01T12:00:00Z",
    "answer": "200",
    "attempts": [ATTEMPT],
}
PAGE = {
    "step": 1,
    "policy": "default",
    "role": "primary",
    "reason": "ben was primary.",
    "how": "By webhook at once.",
    "requested_at": "2026-03-01T12:00:00Z",
    "acknowledge_by": "2026-03-01T12:05:00Z",
    "messages": [MESSAGE],
}
WHOLE: dict[str, Any] = {
    "alert": {"id": "ALR-7"},
    "incident": "INC-1",
    "policy": "default",
    "sections": [
        {"name": name, "facts": [FACT]}
        for name in ("heard", "route", "incident", "muted", "steps", "receivers")
    ],
    "receivers": [{"key": "notify:1", **ATTEMPT}],
    "people": [
        {"person": "ben", "was_paged": True, "because": [FACT], "pages": [PAGE], "notices": [MESSAGE]}
    ],
}
PEOPLE, SECTIONS = ("people", 0), ("sections", 3)
A_PAGE = (*PEOPLE, "pages", 0)
A_MESSAGE = (*A_PAGE, "messages", 0)


@pytest.fixture
def judge(load_program):
    return load_program("proofs/completeness.py")


@pytest.fixture
def demand(judge):
    return judge.Demand(
        "ALR-7",
        ("ben",),
        words=(("muted", "was primary"),),
        because="primary",
        paged=("ben",),
        ends=("delivered",),
        has_incident=True,
        told=True,
    )


def test_a_whole_answer_lacks_nothing(judge, demand) -> None:
    assert judge.missing(WHOLE, demand) == ()


@pytest.mark.parametrize("nothing", [{}, {"sections": [], "people": []}, {"sections": None, "people": None}])
def test_an_empty_answer_is_never_complete(judge, nothing) -> None:
    assert judge.missing(nothing, judge.Demand("ALR-7", ("ben",)))
    assert judge.missing(nothing, judge.Demand("ALR-7", ()))


def _changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    answer = copy.deepcopy(WHOLE)
    place: Any = answer
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return answer


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("alert", "id"), "ALR-8"),
        (("incident",), None),
        (("policy",), ""),
        ((*SECTIONS, "facts"), []),
        ((*SECTIONS, "name"), "other"),
        ((*SECTIONS, "facts", 0, "text"), "."),
        ((*SECTIONS, "facts", 0, "text"), "Nothing muted it at all."),
        ((*SECTIONS, "facts", 0, "basis"), ""),
        (("people",), []),
        ((*PEOPLE, "person"), "ada"),
        ((*PEOPLE, "because"), []),
        ((*PEOPLE, "because", 0, "text"), "Somebody was primary then."),
        ((*PEOPLE, "because", 0, "text"), "ben was called by someone."),
        ((*PEOPLE, "was_paged"), False),
        ((*PEOPLE, "pages"), []),
        ((*PEOPLE, "notices", 0, "channel"), ""),
        ((*A_PAGE, "reason"), ""),
        ((*A_PAGE, "messages"), []),
        ((*A_MESSAGE, "state"), "dead"),
        ((*A_MESSAGE, "state"), "waiting"),
        ((*A_MESSAGE, "attempts"), []),
        ((*A_MESSAGE, "attempts", 0, "answer"), ""),
        ((*A_MESSAGE, "attempts", 0, "outcome"), "retry later"),
        (("receivers",), []),
        (("receivers", 0, "key"), ""),
        (("receivers", 0, "answer"), ""),
    ],
)
def test_an_answer_that_lacks_one_thing_is_not_complete(judge, demand, path, value) -> None:
    assert judge.missing(_changed(path, value), demand)


def test_a_message_that_waits_must_say_why(judge) -> None:
    demand = judge.Demand("ALR-7", ("ben",), paged=("ben",), has_incident=True)
    waiting = _changed(A_MESSAGE, MESSAGE | {"state": "waiting", "attempts": [], "answer": ""})
    assert judge.missing(waiting, demand)
    waiting["people"][0]["pages"][0]["messages"][0]["answer"] = "held back until 12:15:00 UTC"
    assert judge.missing(waiting, demand) == ()
