"""Evidence from Entra is what Graph said, page by page, and no address of its answers is followed."""

from __future__ import annotations

import json

import pytest
from fake_graph import APP, BEN, EVE, PRINCIPAL, SECRET_ID, FakeGraph

from performing_rigs import graph_caller
from tocsin.connectors.entra.collectors import COLLECTORS
from tocsin.connectors.outbound import Outbound
from tocsin.domain.acting import CallFailed
from tocsin.domain.playing import drive, rehearse

BY_NAME = {one.name: one for one in COLLECTORS}


def test_a_user_is_kept_with_the_groups(graph: FakeGraph) -> None:
    caller = graph_caller(graph, Outbound())
    described, groups = drive(BY_NAME["entra.user"].gather({"user": "eve@example.org"}), lambda _: caller)
    assert json.loads(described.content.read())["id"] == EVE
    assert b"admins" in groups.content.read()
    assert (described.of, described.media_type) == ("eve@example.org", "application/json")


def test_sign_ins_are_kept_to_the_last_page(graph: FakeGraph) -> None:
    graph.sign_ins = [{"id": n, "userId": EVE if n != 3 else BEN} for n in range(6)]
    caller = graph_caller(graph, Outbound())
    [kept] = drive(BY_NAME["entra.sign_ins"].gather({"user": EVE}), lambda _: caller)
    pages = json.loads(kept.content.read())["pages"]
    assert [one["id"] for page in pages for one in page["value"]] == [0, 1, 2, 4, 5]


def test_a_rehearsal_reads_one_page() -> None:
    calls = rehearse(BY_NAME["entra.sign_ins"].gather({"user": EVE})).calls
    assert [call.operation for call in calls] == ["GET /users/{user}", "GET /auditLogs/signIns"]
    assert not any(call.changes for call in calls)


@pytest.mark.parametrize(("name", "kind"), [(APP, "applications"), (PRINCIPAL, "servicePrincipals")])
def test_an_application_is_kept_with_its_last_use(graph: FakeGraph, name: str, kind: str) -> None:
    caller = graph_caller(graph, Outbound())
    described, used = drive(BY_NAME["entra.application"].gather({"application": name}), lambda _: caller)
    found = json.loads(described.content.read())
    assert found[kind]["id"] == name
    assert (SECRET_ID in json.dumps(found)) is (name == APP)
    assert "2026-11-20T08:00:00Z" in used.content.read().decode()
    assert (described.of, used.of) == (name, name)


def test_an_application_that_is_not_there_or_not_shown_is_no_evidence(graph: FakeGraph) -> None:
    caller = graph_caller(graph, Outbound())
    with pytest.raises(CallFailed):
        drive(BY_NAME["entra.application"].gather({"application": EVE}), lambda _: caller)
    graph.token = "another"
    with pytest.raises(CallFailed):
        drive(BY_NAME["entra.application"].gather({"application": APP}), lambda _: caller)
