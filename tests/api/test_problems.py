from __future__ import annotations

import orjson
import pytest

from tocsin.api.problems import document, headers_of, problem, status_of
from tocsin.connectors.refusal import WrongContentType
from tocsin.domain.errors import Explained, Misconfigured, NotFound, Overloaded
from tocsin.incidents.lifecycle import MoveRefused, ReasonMissing
from tocsin.oncall.links import LinkExpired, LinkUsed, LinkWrong


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (NotFound, 404),
        (Overloaded, 503),
        (MoveRefused, 409),
        (ReasonMissing, 400),
        (LinkUsed, 410),
        (LinkExpired, 410),
        (LinkWrong, 400),
        (Misconfigured, 500),
        (Explained, 400),
    ],
)
def test_each_refusal_has_its_status(kind, status) -> None:
    assert status_of(kind("It happened.", means="It means.", next_step="Do it.")) == status


def test_a_refusal_may_bring_its_own_status() -> None:
    assert status_of(WrongContentType("wrong")) == 415


def test_a_problem_says_what_happened_what_it_means_and_what_to_do() -> None:
    refusal = NotFound("It is not there.", means="Nothing changed.", next_step="Look elsewhere.")
    response = problem(refusal)
    said = orjson.loads(response.body)
    assert response.media_type == "application/problem+json"
    assert (said["code"], said["status"], said["title"]) == ("not_found", 404, "It is not there.")
    assert said["detail"] == "Nothing changed. Look elsewhere."
    assert said == document(refusal)


def test_only_an_overload_asks_to_come_again() -> None:
    assert headers_of(Overloaded("a", means="b", next_step="c")) == {"Retry-After": "5"}
    assert headers_of(NotFound("a", means="b", next_step="c")) == {}
