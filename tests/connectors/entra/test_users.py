"""Users of Entra: turned off with their sessions, back on, and what a look tells after a kill."""

from __future__ import annotations

import pytest
from fake_graph import EVE, FakeGraph

from performing_rigs import graph_caller
from tocsin.connectors.entra.users import DISABLE, FORCE_RESET, REVOKE_SESSIONS
from tocsin.connectors.outbound import Outbound
from tocsin.domain.acting import CallFailed, Seen
from tocsin.domain.playing import drive, rehearse

ARGUMENTS = {"users": [EVE]}


def test_off_without_the_sessions_ended_is_not_done(graph: FakeGraph) -> None:
    caller = graph_caller(graph, Outbound())
    kept = drive(DISABLE.before(ARGUMENTS), lambda _: caller)
    graph.users[EVE]["accountEnabled"] = False
    assert drive(DISABLE.seen(ARGUMENTS, kept, "k"), lambda _: caller) is Seen.NOT_DONE
    drive(DISABLE.perform(ARGUMENTS, kept, "k"), lambda _: caller)
    assert drive(DISABLE.seen(ARGUMENTS, kept, "k"), lambda _: caller) is Seen.DONE


def test_sessions_are_ended_for_each_user_and_the_residual_says_what_lives_on(graph: FakeGraph) -> None:
    caller = graph_caller(graph, Outbound())
    kept = drive(REVOKE_SESSIONS.before(ARGUMENTS), lambda _: caller)
    assert drive(REVOKE_SESSIONS.verify(ARGUMENTS, kept), lambda _: caller) is False
    drive(REVOKE_SESSIONS.perform(ARGUMENTS, kept, "k"), lambda _: caller)
    assert drive(REVOKE_SESSIONS.verify(ARGUMENTS, kept), lambda _: caller) is True
    lasts = REVOKE_SESSIONS.declaration.residual.lasts
    assert lasts is not None
    assert lasts.total_seconds() == 3600


def test_a_user_whose_password_profile_is_hidden_counts_as_not_forced(graph: FakeGraph) -> None:
    graph.users[EVE]["passwordProfile"] = None
    caller = graph_caller(graph, Outbound())
    assert drive(FORCE_RESET.verify(ARGUMENTS, {}), lambda _: caller) is False


def test_an_unknown_user_is_found_before_anything_is_changed(graph: FakeGraph) -> None:
    caller = graph_caller(graph, Outbound())
    with pytest.raises(CallFailed) as raised:
        drive(DISABLE.before({"users": [EVE, "nobody@example.org"]}), lambda _: caller)
    assert raised.value.status == 404
    assert graph.users[EVE]["accountEnabled"] is True


def test_the_objects_are_the_users() -> None:
    assert rehearse(DISABLE.objects(ARGUMENTS)).given == {"users": (EVE,)}
