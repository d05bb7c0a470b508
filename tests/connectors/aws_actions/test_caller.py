"""The caller makes one call at a time, within limits, and sorts what goes wrong into the four kinds."""

from __future__ import annotations

import socket

import pytest
from botocore.exceptions import (
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.stub import Stubber

from aws_rigs import ALLOWED, AWS, OPEN_TRUST, Pushed, played
from nouns import NOON
from tocsin.connectors.aws_actions.asking import change, read
from tocsin.connectors.aws_actions.caller import AwsCaller, make
from tocsin.connectors.aws_client import AwsRefused
from tocsin.domain.acting import CallFailed
from tocsin.domain.fence import HoldLost, fenced
from tocsin.domain.ports.delivery import FailureKind

LATER, REFUSED = FailureKind.RETRY_LATER, FailureKind.REFUSED
WRONG, UNKNOWN = FailureKind.MISCONFIGURED, FailureKind.UNKNOWN
READING = read("aws.iam", "GetUser", {}, UserName="eve")
CHANGING = change("aws.iam", "CreateUser", None, UserName="eve")


def failure(call, broken) -> CallFailed:
    with pytest.raises(CallFailed) as failed:
        AwsCaller(broken, Pushed()).call(call)
    return failed.value


@pytest.mark.parametrize(
    ("code", "status", "reading", "changing"),
    [
        ("Throttling", 400, LATER, LATER),
        ("TooManyRequestsException", 429, LATER, LATER),
        ("Strange", 429, LATER, LATER),
        ("SlowDown", 503, LATER, LATER),
        ("ServiceUnavailable", 503, LATER, LATER),
        ("EntityTemporarilyUnmodifiable", 409, LATER, LATER),
        ("AccessDenied", 403, WRONG, WRONG),
        ("UnauthorizedOperation", 403, WRONG, WRONG),
        ("ExpiredTokenException", 400, WRONG, WRONG),
        ("InvalidClientTokenId", 403, WRONG, WRONG),
        ("NoSuchEntity", 404, REFUSED, REFUSED),
        ("ValidationException", 400, REFUSED, REFUSED),
        ("InternalFailure", 500, LATER, UNKNOWN),
        ("Gateway", 502, LATER, UNKNOWN),
    ],
)
def test_an_answer_of_aws_is_one_of_four_failures(code, status, reading, changing) -> None:
    for call, kind in ((READING, reading), (CHANGING, changing)):
        client = AWS.new("iam")
        with Stubber(client) as stubber:
            operation = "create_user" if call.changes else "get_user"
            stubber.add_client_error(operation, code, "arn:secret", http_status_code=status)
            failed = failure(call, lambda *_, client=client: client)
        assert (failed.kind, failed.code, failed.status) == (kind, code, status)
        assert "secret" not in failed.reason


@pytest.mark.parametrize(
    ("error", "reading", "changing"),
    [
        (EndpointConnectionError(endpoint_url="https://secret"), LATER, LATER),
        (ConnectTimeoutError(endpoint_url="https://secret"), LATER, LATER),
        (ReadTimeoutError(endpoint_url="https://secret"), LATER, UNKNOWN),
        (NoCredentialsError(), WRONG, WRONG),
        (ParamValidationError(report="secret"), REFUSED, REFUSED),
    ],
)
def test_no_answer_is_unknown_only_where_something_may_have_been_changed(error, reading, changing) -> None:
    class Broken:
        meta = AWS.new("iam").meta

        def get_user(self, **_: object) -> None:
            raise error

        create_user = get_user

    for call, kind in ((READING, reading), (CHANGING, changing)):
        failed = failure(call, lambda *_: Broken())
        assert failed.kind is kind
        assert "secret" not in failed.reason


@pytest.mark.parametrize(
    "service", ["aws.organizations", "aws", "aws.iam.evil.example/", "aws.iam.EU-WEST-1"]
)
def test_only_services_and_regions_that_are_known_are_called(service: str) -> None:
    failed = failure(read(service, "GetUser", {}), lambda *_: pytest.fail("it was made"))
    assert failed.kind is REFUSED


def test_an_operation_that_aws_does_not_have_is_refused() -> None:
    assert failure(read("aws.iam", "RaiseTheDead", {}), lambda *_: AWS.new("iam")).kind is REFUSED


def test_without_a_region_it_is_misconfigured(monkeypatch) -> None:
    def no_region(*_: object) -> None:
        raise AwsRefused("NoRegionError", means="", next_step="")

    assert failure(READING, no_region).kind is WRONG


def test_the_hold_is_asked_for_just_before_a_change_and_not_before_a_look() -> None:
    with played(), fenced(lambda: False):
        with pytest.raises(HoldLost):
            AWS.caller.call(CHANGING)
        with pytest.raises(CallFailed, match="NoSuchEntity"):
            AWS.caller.call(READING)


def test_answers_hold_plain_values_and_policies_as_they_are() -> None:
    with played() as aws:
        aws("iam").create_role(RoleName="deploy", AssumeRolePolicyDocument=OPEN_TRUST)
        aws("iam").put_role_policy(RoleName="deploy", PolicyName="p", PolicyDocument=ALLOWED)
        role = aws.caller.call(read("aws.iam", "GetRole", {}, RoleName="deploy"))["Role"]
        assert isinstance(role["CreateDate"], str)
        assert isinstance(role["AssumeRolePolicyDocument"], str)
        listed = aws.caller.call(read("aws.iam", "ListRolePolicies", {}, RoleName="deploy"))
        assert listed == {"PolicyNames": ["p"], "IsTruncated": False}


def test_the_time_is_told_without_any_call() -> None:
    caller = AwsCaller(lambda *_: pytest.fail("it was made"), Pushed())
    assert caller.call(read("aws.clock", "Now", "")) == NOON.isoformat()


def test_what_changes_is_tried_once_and_what_reads_three_times(monkeypatch) -> None:
    """A second try after a lost answer could do a thing twice."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setattr("time.sleep", lambda _: None)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    tried = []
    caller = make({"TOCSIN_AWS_REGION": "eu-west-1", "TOCSIN_AWS_URL": f"http://127.0.0.1:{port}"}, Pushed())
    monkeypatch.setattr(
        "botocore.httpsession.URLLib3Session.send",
        lambda self, request: tried.append(request.url) or refuse(request.url),
    )
    for call, tries in ((READING, 3), (CHANGING, 1)):
        tried.clear()
        with pytest.raises(CallFailed, match="EndpointConnectionError"):
            caller.call(call)
        assert len(tried) == tries


def refuse(url: str) -> None:
    raise EndpointConnectionError(endpoint_url=url)
