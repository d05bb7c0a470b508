"""Kill -9 the instant a silence was answered: it is there after the restart, and holds on every process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from served import Served, bearer, free_port, wait_for
from tocsin.domain.person import Role

TRIALS = 2


def _by_rest(served: Served, client: httpx.Client, name: str) -> str:
    wanted = {"matchers": [f"alertname={name}"], "reason": "A test of durability.", "lasts": "2h"}
    answer = client.post(f"{served.url}/api/v1/silences", json=wanted)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def _as_alertmanager(served: Served, client: httpx.Client, name: str) -> str:
    now = datetime.now(UTC)
    wanted = {
        "matchers": [{"name": "alertname", "value": name, "isRegex": False}],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=2)).isoformat(),
        "createdBy": "ada",
        "comment": "A test of durability.",
    }
    answer = client.post(f"{served.url}/api/v2/silences", json=wanted)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["silenceID"])


@pytest.mark.parametrize("make", [_by_rest, _as_alertmanager])
def test_no_silence_that_was_answered_is_lost_to_a_kill(
    any_tocsin: Served, make: Callable[[Served, httpx.Client, str], str]
) -> None:
    served, made = any_tocsin, []
    token = served.token(Role.RESPONDER)
    for trial in range(TRIALS):
        served.start()
        with httpx.Client(headers=bearer(token), timeout=40) as client:
            made.append(make(served, client, f"Trial{trial}"))
            served.kill()
    served.start()
    assert _listed(served, token).keys() == set(made)
    assert set(_listed(served, token).values()) == {"active"}


@pytest.fixture
def second(any_tocsin: Served) -> Iterator[Served]:
    """Return a second process on the same home and database."""
    other = Served(any_tocsin.home, any_tocsin.database_url, command=any_tocsin.command, port=free_port())
    yield other
    other.kill()


def test_a_silence_holds_on_a_second_process_from_its_very_next_request(
    any_tocsin: Served, second: Served
) -> None:
    token = any_tocsin.token(Role.RESPONDER)
    ingest = any_tocsin.token(Role.INGEST)
    any_tocsin.start()
    second.start()
    with httpx.Client(headers=bearer(token), timeout=40) as client:
        silence = _by_rest(any_tocsin, client, "CheckoutDown")
        assert _listed(second, token) == {silence: "active"}
        assert second.post_alert(ingest, alertname="CheckoutDown").status_code == 200
        assert _incidents(any_tocsin, token) == []
        assert client.delete(f"{any_tocsin.url}/api/v1/silences/{silence}").status_code == 200
    wait_for(lambda: _incidents(second, token), 10, "the incident of the alert that is heard now")


def _listed(served: Served, token: str) -> dict[str, str]:
    found: Sequence[dict[str, Any]] = served.get("/api/v1/silences", token)["silences"]
    return {str(each["id"]): str(each["state"]) for each in found}


def _incidents(served: Served, token: str) -> list[dict[str, Any]]:
    return list(served.incidents(token))
