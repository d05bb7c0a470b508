"""Applications of Entra: a secret removed once and for all, the application off and on."""

from __future__ import annotations

import pytest
from fake_graph import APP, SECRET_ID, FakeGraph

from performing_rigs import graph_caller
from tocsin.connectors.entra.applications import DISABLE, ENABLE, REMOVE_SECRET
from tocsin.connectors.outbound import Outbound
from tocsin.domain.acting import CallFailed
from tocsin.domain.playing import drive, rehearse
from tocsin.domain.ports.delivery import FailureKind

ARGUMENTS = {"application": APP, "key_id": SECRET_ID}


def test_a_secret_that_is_gone_already_needs_no_call(graph: FakeGraph) -> None:
    graph.secrets.clear()
    told = drive(REMOVE_SECRET.perform(ARGUMENTS, {}, "k"), lambda _: graph_caller(graph, Outbound()))
    assert "no such secret any more" in told.text
    assert not any("removePassword" in got.path for got in graph.received)


def test_an_id_that_is_none_is_refused_before_any_call(graph: FakeGraph) -> None:
    with pytest.raises(CallFailed, match="no UUID") as raised:
        drive(
            REMOVE_SECRET.perform({"application": APP, "key_id": "the old one"}, {}, "k"),
            lambda _: graph_caller(graph, Outbound()),
        )
    assert raised.value.kind is FailureKind.REFUSED
    assert graph.received == []


def test_what_cannot_be_undone_says_so_and_what_can_names_its_residual() -> None:
    assert REMOVE_SECRET.undo is None
    assert REMOVE_SECRET.declaration.undo is None
    assert "cannot be brought back" in REMOVE_SECRET.declaration.no_undo
    assert DISABLE.declaration.residual.lasts != ENABLE.declaration.residual.lasts
    given = rehearse(REMOVE_SECRET.objects(ARGUMENTS)).given
    assert given == {"applications": (APP,), "secrets": (SECRET_ID,)}
