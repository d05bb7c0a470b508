"""Acts at GitHub: a deployment once and back, a workflow once, a leaked token that is never repeated."""

from __future__ import annotations

import pytest
from fake_github import FakeGitHub

from tocsin.connectors.github.acts import DEPLOY, DISPATCH, REVOKE, make
from tocsin.domain.acting import Caller, CallFailed, Seen
from tocsin.domain.clock import SystemClock
from tocsin.domain.errors import Misconfigured
from tocsin.domain.playing import drive, rehearse

SHOP = {"owner": "ada", "repository": "shop", "ref": "main"}
RELEASE = {**SHOP, "environment": "production"}
ROTATE = {**SHOP, "workflow": "rotate.yml", "inputs": {"who": "eve"}}


@pytest.fixture
def caller(github: FakeGitHub) -> Caller:
    return make({"TOCSIN_GITHUB_TOKEN": github.token, "TOCSIN_GITHUB_URL": github.url}, SystemClock())


def test_what_was_deployed_before_is_deployed_anew(github: FakeGitHub, caller: Caller) -> None:
    kept = drive(DEPLOY.before(RELEASE), lambda _: caller)
    assert kept == {"sha": "b" * 40}
    drive(DEPLOY.perform(RELEASE, kept, "k"), lambda _: caller)
    assert github.deployments[0]["required_contexts"] == []
    assert drive(DEPLOY.verify({**RELEASE, "ref": "a" * 40}, kept), lambda _: caller) is True
    assert DEPLOY.undo is not None
    drive(DEPLOY.undo(RELEASE, kept, "k"), lambda _: caller)
    assert [one["sha"][0] for one in github.deployments] == ["b", "a", "b"]
    assert drive(DEPLOY.verify(RELEASE, kept), lambda _: caller) is False


def test_the_first_deployment_cannot_be_taken_back(github: FakeGitHub, caller: Caller) -> None:
    github.deployments.clear()
    kept = drive(DEPLOY.before(RELEASE), lambda _: caller)
    assert DEPLOY.undo is not None
    with pytest.raises(CallFailed, match="no deployment before"):
        drive(DEPLOY.undo(RELEASE, kept, "k"), lambda _: caller)


def test_whose_a_newer_run_is_nobody_can_tell(github: FakeGitHub, caller: Caller) -> None:
    kept = drive(DISPATCH.before(ROTATE), lambda _: caller)
    assert drive(DISPATCH.seen(ROTATE, kept, "k"), lambda _: caller) is Seen.NOT_DONE
    drive(DISPATCH.perform(ROTATE, kept, "k"), lambda _: caller)
    assert drive(DISPATCH.seen(ROTATE, kept, "k"), lambda _: caller) is Seen.CANNOT_TELL
    assert drive(DISPATCH.verify(ROTATE, kept), lambda _: caller) is True


def test_a_leaked_token_is_marked_secret_and_told_to_nobody_else(github: FakeGitHub, caller: Caller) -> None:
    [call] = rehearse(REVOKE.perform({"token": "ghp_leaked"}, {}, "k")).calls
    assert call.secret == ("body",)
    github.reply = lambda got: (422, {}, b'{"message": "ghp_leaked is odd"}')
    with pytest.raises(CallFailed) as raised:
        drive(REVOKE.perform({"token": "ghp_leaked"}, {}, "k"), lambda _: caller)
    assert "ghp_leaked" not in f"{raised.value.reason}{raised.value.code}"


def test_without_a_token_there_is_no_caller() -> None:
    with pytest.raises(Misconfigured, match="TOCSIN_GITHUB_TOKEN is empty"):
        make({"TOCSIN_GITHUB_TOKEN": "", "TOCSIN_GITHUB_URL": ""}, SystemClock())
