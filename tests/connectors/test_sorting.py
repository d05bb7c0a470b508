"""Each HTTP status means one of four things for the next try."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.connectors.outbound import Answer
from tocsin.connectors.secret import Secret
from tocsin.connectors.sorting import LONGEST_SHOWN, failure_of, kind_of, retry_after, shown
from tocsin.domain.ports.delivery import FailureKind

RETRY, REFUSED = FailureKind.RETRY_LATER, FailureKind.REFUSED
WRONG, UNKNOWN = FailureKind.MISCONFIGURED, FailureKind.UNKNOWN


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((status, RETRY) for status in (408, 409, 425, 429, 500, 502, 503, 504, 599)),
        *((status, REFUSED) for status in (400, 413, 422)),
        *((status, WRONG) for status in (301, 302, 307, 401, 403, 404, 405, 407, 410)),
        *((status, UNKNOWN) for status in (100, 600, 999)),
    ],
)
def test_a_status_has_its_kind(status: int, kind: FailureKind) -> None:
    assert kind_of(status) is kind


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "30"}, 30.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "9999999"}, 86_400.0),
        ({"retry-after": "Fri, 20 Nov 2026 20:01:00 GMT", "date": "Fri, 20 Nov 2026 20:00:00 GMT"}, 60.0),
        ({"retry-after": "Fri, 20 Nov 2026 20:01:00 GMT"}, None),
        ({"retry-after": "Fri, 20 Nov 2026 20:01:00", "date": "Fri, 20 Nov 2026 20:00:00 GMT"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_the_partners_wish_to_wait_is_read(headers: dict[str, str], seconds: Any) -> None:
    assert retry_after(Answer(429, headers, b"")) == seconds


def test_a_failure_tells_the_partners_words_without_secrets() -> None:
    answer = Answer(503, {"retry-after": "7"}, b"bad token xoxb-1\r\n\x1b[31m" + b"z" * 5000)
    failed = failure_of(answer, "Slack", Secret("xoxb-1"))
    assert failed.reason.startswith("Slack answered 503: bad token ***")
    assert (failed.kind, failed.retry_after_s, "\x1b" in failed.reason) == (RETRY, 7.0, False)
    assert len(shown(answer)) <= LONGEST_SHOWN


def test_an_answer_without_words_is_told_by_its_status() -> None:
    assert failure_of(Answer(404, {}, b""), "the webhook").reason == "the webhook answered 404"
