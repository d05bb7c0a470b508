"""Acts in Slack: a channel that is there is taken, nobody is mentioned, who is there stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fake_workspace import FakeWorkspace

from http_partner import replayed
from tocsin.connectors.slack.acts import CREATE_CHANNEL, INVITE, POST, make
from tocsin.domain.acting import Caller, CallFailed
from tocsin.domain.clock import SystemClock
from tocsin.domain.errors import Misconfigured
from tocsin.domain.playing import drive
from tocsin.domain.ports.delivery import FailureKind


@pytest.fixture
def caller(workspace: FakeWorkspace) -> Caller:
    values = {"TOCSIN_SLACK_TOKEN": workspace.token, "TOCSIN_SLACK_URL": workspace.url}
    return make(values, SystemClock())


def test_a_post_mentions_nobody_and_tells_where_it_is(workspace: FakeWorkspace, caller: Caller) -> None:
    arguments = {"channel": "C0INCIDENTS", "text": "<!channel> x" * 1000}
    told = drive(POST.perform(arguments, {}, "k"), lambda _: caller)
    [message] = workspace.messages
    assert message["text"].startswith("&lt;!channel&gt;")
    assert told.output == {"channel": "C0INCIDENTS", "ts": "1795207000.000001"}
    assert drive(POST.verify(arguments, {}), lambda _: caller) is True
    assert drive(POST.verify({**arguments, "text": "other"}, {}), lambda _: caller) is False


def test_a_channel_that_is_there_is_the_channel(workspace: FakeWorkspace, caller: Caller) -> None:
    told = drive(CREATE_CHANNEL.perform({"name": "general"}, {}, "k"), lambda _: caller)
    assert told.output == {"channel": "C1", "name": "general"}
    kept = drive(CREATE_CHANNEL.before({"name": "general"}), lambda _: caller)
    assert CREATE_CHANNEL.undo is not None
    drive(CREATE_CHANNEL.undo({"name": "general"}, kept, "k"), lambda _: caller)
    assert workspace.made["C1"]["is_archived"] is False


@pytest.mark.parametrize(
    ("name", "why"), [("inc-2025-999", "archived or hidden"), ("Not A Name", "invalid_name")]
)
def test_a_name_that_cannot_be_is_refused(caller: Caller, name: str, why: str) -> None:
    with pytest.raises(CallFailed, match=why):
        drive(CREATE_CHANNEL.perform({"name": name}, {}, "k"), lambda _: caller)


def test_who_is_there_already_does_not_keep_others_out(workspace: FakeWorkspace, caller: Caller) -> None:
    arguments = {"channel": "C1", "users": ["U0BEN", "U0ADA"]}
    assert drive(INVITE.perform(arguments, {}, "k"), lambda _: caller).output == {"count": 2}
    assert workspace.made["C1"]["members"] == ["U0BEN", "U0ADA"]
    with pytest.raises(CallFailed) as raised:
        drive(INVITE.perform({"channel": "C1", "users": "U0NOBODY"}, {}, "k"), lambda _: caller)
    assert (raised.value.kind, raised.value.code) == (FailureKind.REFUSED, "user_not_found")


def test_an_archived_channel_stays_archived(workspace: FakeWorkspace, caller: Caller) -> None:
    workspace.errors["conversations.archive"] = "already_archived"
    assert CREATE_CHANNEL.undo is not None
    told = drive(CREATE_CHANNEL.undo({"name": "general"}, {}, "k"), lambda _: caller)
    assert told.text == "channel C1 archived"
    workspace.errors["conversations.archive"] = "restricted_action"
    with pytest.raises(CallFailed, match="restricted_action"):
        drive(CREATE_CHANNEL.undo({"name": "general"}, {}, "k"), lambda _: caller)


def test_without_a_bot_token_there_is_no_caller() -> None:
    with pytest.raises(Misconfigured, match="TOCSIN_SLACK_TOKEN is empty"):
        make({"TOCSIN_SLACK_TOKEN": "", "TOCSIN_SLACK_URL": ""}, SystemClock())


def test_the_fake_takes_what_the_official_client_sends(workspace: FakeWorkspace, shared: Path) -> None:
    captured = json.loads((shared / "captures/python_clients_requests.json").read_text())["requests"]
    workspace.token = "xoxb-test"
    [create] = [one for one in captured if one["path"].endswith("conversations.create")]
    assert replayed(workspace, create, "/slack/api/") == 200
    assert workspace.made["C3"]["name"] == "inc-2026-001"
