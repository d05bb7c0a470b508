"""Kill -9 while a page is due: nothing is lost, and what is repeated carries the same key."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import httpx
import pytest

import mortal
from receiver import SECRET, Posted, Receiver
from served import Served, bearer, wait_for
from tocsin.domain.job import JobState
from tocsin.domain.page import Delivery, DeliveryState
from tocsin.domain.person import Role

FIRST_PAGE_WITHIN_S = 10.0
LEASE_S = 2
ONCALL = """\
people:
  ben: {{name: Ben, contacts: [{{channel: webhook, address: "{url}/ben"}}]}}
  ada: {{name: Ada, contacts: [{{channel: webhook, address: "{url}/ada"}}]}}
schedule: {{zone: UTC, rotation: weekly, handover: "00:00", starts: 2026-01-05, people: [ben, ada]}}
escalation: {{P1: [{{after: 0m, page: primary}}, {{after: {patience}, page: secondary}}]}}
"""


@pytest.fixture
def tocsin_that_calls(any_tocsin: Served, receiver: Receiver) -> Served:
    """Return a Tocsin whose on-call people are called by webhook at the receiver."""
    any_tocsin.pack("oncall.yml", ONCALL.format(url=receiver.url, patience="1h"))
    any_tocsin.settings |= {"TOCSIN_WEBHOOK_SECRETS": SECRET, "TOCSIN_LEASE_SECONDS": str(LEASE_S)}
    return any_tocsin


@pytest.mark.parametrize("point", [mortal.AFTER_INTAKE_COMMIT, mortal.AFTER_CLAIM, mortal.AFTER_SEND])
def test_a_page_survives_a_kill(point: str, tocsin_that_calls: Served, receiver: Receiver) -> None:
    served = tocsin_that_calls
    armed = served.home / "armed"
    served.command = (sys.executable, mortal.__file__, point, str(armed))
    token = served.start().token(Role.INGEST)
    armed.touch()
    _post_to_the_doomed(served, token)
    served.wait_killed()
    sent_before = len(receiver.pages())
    assert sent_before == (1 if point == mortal.AFTER_SEND else 0)
    armed.unlink()
    served.start()
    _one_page_arrives(served, receiver, sent_before=sent_before)


def test_a_page_survives_a_kill_while_its_receiver_holds_the_request(
    tocsin_that_calls: Served, receiver: Receiver
) -> None:
    served = tocsin_that_calls
    token = served.start().token(Role.INGEST)
    receiver.hold()
    assert served.post_alert(token, alertname="CheckoutDown").status_code == 200
    wait_for(receiver.pages, 10, "the page on its way")
    served.kill()
    receiver.release()
    served.start()
    _one_page_arrives(served, receiver, sent_before=1)


def test_an_escalation_goes_on_after_a_kill_with_exactly_its_next_step(
    tocsin_that_calls: Served, receiver: Receiver
) -> None:
    served = tocsin_that_calls
    served.pack("oncall.yml", ONCALL.format(url=receiver.url, patience="8s"))
    token = served.start().token(Role.INGEST)
    assert served.post_alert(token, alertname="CheckoutDown").status_code == 200
    wait_for(
        lambda: DeliveryState.DELIVERED in _states(served), 10, "the first page written down as delivered"
    )
    served.kill()
    assert [_role(page) for page in receiver.pages()] == ["primary"]
    served.start()
    wait_for(lambda: len(receiver.pages()) > 1, 8 + FIRST_PAGE_WITHIN_S, "the page of the next step")
    wait_for(lambda: _is_at_rest(served), 10, "a house at rest")
    first, second = receiver.pages()
    assert (_role(second), second.path != first.path) == ("secondary", True)
    assert second.at - first.at >= 7, "the step waits as long as if nothing had happened"


def _post_to_the_doomed(served: Served, token: str) -> None:
    """Post an alert; the server may be killed before it can answer."""
    alert = [{"labels": {"alertname": "CheckoutDown", "severity": "critical"}}]
    try:
        answer = httpx.post(f"{served.url}/api/v2/alerts", json=alert, headers=bearer(token), timeout=10)
    except httpx.TransportError:
        return
    assert answer.status_code == 200


def _one_page_arrives(served: Served, receiver: Receiver, *, sent_before: int) -> None:
    """Check that one page arrives, at most once more than it had been sent, always with the same key."""
    wait_for(lambda: len(receiver.pages()) > sent_before, FIRST_PAGE_WITHIN_S, "the page after the restart")
    wait_for(lambda: _is_at_rest(served), 10, "a house at rest")
    assert len(receiver.keys()) == 1
    assert receiver.keys().total() == sent_before + 1
    assert receiver.forged == 0
    assert _states(served) == [DeliveryState.DELIVERED]
    assert len(served.incidents(served.token(Role.VIEWER))) == 1


def _role(page: Posted) -> str:
    return str(next(field["value"] for field in page.message["fields"] if field["name"] == "Called")).split()[
        1
    ][1:-1]


def _deliveries(served: Served) -> list[Delivery]:
    with served.store() as store, store.reading() as shelves:
        incident = shelves.incidents.by_number(1)
        found = shelves.pages.deliveries_of(incident.incident_id) if incident else ()
    return [delivery for delivery in found if delivery.page_id]


def _states(served: Served) -> list[DeliveryState]:
    return [delivery.state for delivery in _deliveries(served)]


def _is_at_rest(served: Served) -> bool:
    """Say whether nothing is due and nothing is being worked on."""
    with served.store() as store, store.reading() as shelves:
        jobs = shelves.jobs.listed(JobState.READY)
    now = datetime.now(UTC)
    return all(job.run_at > now and not job.owner for job in jobs if job.kind.startswith("deliver."))
