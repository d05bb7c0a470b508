"""Somebody acknowledges while the next step's page is on its way: nobody is called after that one."""

from __future__ import annotations

import time

from receiver import SECRET, Receiver
from served import Served, wait_for
from tocsin.domain.person import Role

ONCALL = """\
people:
  ben: {name: Ben, contacts: [{channel: webhook, address: "URL/ben"}]}
  ada: {name: Ada, contacts: [{channel: webhook, address: "URL/ada"}]}
  chidi: {name: Chidi, contacts: [{channel: webhook, address: "URL/chidi"}]}
schedule: {zone: UTC, rotation: weekly, handover: "00:00", starts: 2026-01-05, people: [ben]}
repeat: never
escalation:
  P1: [{after: 0m, page: ben}, {after: 1s, page: ada}, {after: 6s, page: chidi}]
"""


def test_an_acknowledgement_while_the_next_page_is_sent_ends_the_calls_with_it(
    tocsin: Served, receiver: Receiver
) -> None:
    tocsin.pack("oncall.yml", ONCALL.replace("URL", receiver.url))
    tocsin.settings |= {"TOCSIN_WEBHOOK_SECRETS": SECRET}
    tocsin.start()
    ingest, responder = tocsin.token(Role.INGEST), tocsin.token(Role.RESPONDER)
    assert tocsin.post_alert(ingest, alertname="CheckoutDown").status_code == 200
    wait_for(lambda: receiver.pages("/ben"), 10, "the first page")
    receiver.hold()
    (held,) = wait_for(lambda: receiver.pages("/ada"), 10, "the next step's page in the receiver's hands")
    incident = held.message["incident"]
    assert tocsin.post(f"/api/v1/incidents/{incident}/acknowledge", responder).status_code == 200
    receiver.release()
    wait_for(lambda: tocsin.timeline(responder, incident).count("page.delivered") == 2, 10, "both delivered")
    # The step after would have been due 5 s after the one that was held.
    time.sleep(max(held.at + 5.5 - time.monotonic(), 0))
    assert [page.path for page in receiver.pages()] == ["/ben", "/ada"]
    assert "incident.acknowledged" in tocsin.timeline(responder, incident)
