"""Evidence from Entra is what Graph said, page by page, and no address of its answers is followed."""

from __future__ import annotations

import json

from fake_graph import BEN, EVE, FakeGraph

from performing_rigs import graph_caller
from tocsin.connectors.entra.collectors import COLLECTORS
from tocsin.connectors.outbound import Outbound
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
