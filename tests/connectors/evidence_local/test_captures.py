from __future__ import annotations

import pytest

from http_partner import HttpPartner, http_partner
from nouns import NOON
from tocsin.connectors.evidence_local.captures import caller
from tocsin.domain.acting import Call, CallFailed
from tocsin.domain.clock import PushedClock
from tocsin.domain.ports.delivery import FailureKind

VERDICT = b'{"verified":false,"brokenAtEventId":"evt-7"}'


def reads(captures: str, headers: str = ""):
    values = {"TOCSIN_EVIDENCE_CAPTURES": captures, "TOCSIN_EVIDENCE_CAPTURE_HEADERS": headers}
    return caller(values, PushedClock(NOON))


def answer(who, name: str = "audit-verify"):
    return who.call(Call(service="local.http", operation="get", parameters={"name": name}))


def test_an_answer_is_taken_as_it_came_with_the_headers_that_were_set() -> None:
    partner = HttpPartner(lambda got: (409, {"Set-Cookie": "s=1", "X-Trace": "t"}, VERDICT))
    with http_partner(partner):
        captures = f"other=http://nowhere.invalid/, audit-verify={partner.url}audit/verify?key=k3y"
        who = reads(
            captures, "audit-verify=Authorization: Bearer hunter2|audit-verify=X-Org: shop|other=A: b"
        )
        found = answer(who)
    (got,) = partner.received
    assert (got.method, got.headers["authorization"], got.headers["x-org"]) == (
        "GET",
        "Bearer hunter2",
        "shop",
    )
    assert (found["status"], found["body"], found["is_cut"]) == (409, VERDICT, False)
    assert (found["url"], found["at"]) == (f"{partner.url}audit/verify", NOON.isoformat())
    assert found["headers"]["x-trace"] == "t"
    assert "set-cookie" not in found["headers"]
    assert "hunter2" not in repr(who) + repr(found)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_partner_in_trouble_is_asked_again(status: int) -> None:
    busy = HttpPartner(lambda got: (status, {}, b"busy"))
    with http_partner(busy) as partner, pytest.raises(CallFailed) as failed:
        answer(reads(f"audit-verify={partner.url}"))
    assert (failed.value.kind, failed.value.status) == (FailureKind.RETRY_LATER, status)


def test_nobody_who_answers_is_asked_again_and_an_unknown_name_never() -> None:
    with pytest.raises(CallFailed) as failed:
        answer(reads("audit-verify=http://127.0.0.1:1/"))
    assert failed.value.kind is FailureKind.RETRY_LATER
    with pytest.raises(CallFailed, match="no address named 'x'") as failed:
        answer(reads("audit-verify=http://127.0.0.1:1/"), "x")
    assert failed.value.kind is FailureKind.MISCONFIGURED
