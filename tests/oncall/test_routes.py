"""Tests of reading the tree of routes."""

from __future__ import annotations

import pytest

from tocsin.domain.pack_file import PackProblem, parse
from tocsin.domain.person import Contact
from tocsin.oncall.policies import Policy
from tocsin.oncall.routes import Route, read_routes

POLICIES = {"default": Policy(name="default")}
ROOM = Contact(channel="slack", address="C1")


def routes(text: str) -> tuple[Route, ...]:
    return read_routes(parse(text, "oncall.yml"), POLICIES, {"room": ROOM})


def test_a_route_has_matchers_and_what_follows_from_them() -> None:
    (route,) = routes(
        "[{name: web, when: ['team = web', 'env != test'], policy: default, tell: room, continue: true,"
        " routes: [{name: all, when: [], tell: [room]}]}]"
    )
    assert (route.policy, route.tell, route.continues, route.line) == ("default", (ROOM,), True, 1)
    assert [(one.name, one.policy, one.continues) for one in route.routes] == [("all", "", False)]
    assert route.fits({"team": "web"})
    assert not route.fits({"team": "web", "env": "test"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[{name: web, when: []}]", "the route leads nowhere"),
        ("[{name: web, when: [], policy: none}]", "`none` is not possible"),
        ("[{name: web, when: ['team'], policy: default}]", "is not a matcher"),
        ("[{name: web, when: [], tell: hall}]", "`hall` is not listed"),
    ],
)
def test_a_route_that_means_nothing_is_refused(text: str, said: str) -> None:
    with pytest.raises(PackProblem, match=said):
        routes(text)
