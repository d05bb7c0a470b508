"""A dead mail server holds up nobody else: its page is tried again, then given up, and the next is called."""

from __future__ import annotations

from datetime import UTC, datetime

from receiver import SECRET, Receiver
from served import Served, free_port, wait_for
from tocsin.domain.person import Role

ONCALL = """\
people:
  ben: {{name: Ben, contacts: [{{channel: smtp, address: ben@example.org}}]}}
  ada: {{name: Ada, contacts: [{{channel: webhook, address: "{url}/ada"}}]}}
schedule: {{zone: UTC, rotation: weekly, handover: "00:00", starts: {today}, people: [ben, ada]}}
escalation: {{P1: [{{after: 0m, page: primary}}, {{after: 1h, page: secondary}}]}}
notices:
  - {{channel: webhook, address: "{url}/room", severities: [P1], events: [opened]}}
"""


def test_a_page_by_a_dead_mail_server_is_tried_again_then_given_up_and_the_next_person_is_called(
    tocsin: Served, receiver: Receiver
) -> None:
    tocsin.pack("oncall.yml", ONCALL.format(url=receiver.url, today=f"{datetime.now(UTC):%Y-%m-%d}"))
    tocsin.settings |= {
        "TOCSIN_SMTP_URL": f"smtp://127.0.0.1:{free_port()}",
        "TOCSIN_SMTP_FROM": "tocsin@example.org",
        "TOCSIN_WEBHOOK_SECRETS": SECRET,
        "TOCSIN_DELIVERY_ATTEMPTS": "2",
    }
    tocsin.start()
    token, reader = tocsin.token(Role.INGEST), tocsin.token(Role.VIEWER)
    assert tocsin.post_alert(token, alertname="CheckoutDown").status_code == 200

    wait_for(lambda: receiver.posted, 5, "the notice, which does not wait for mail")
    assert [one.path for one in receiver.posted] == ["/room"]
    assert tocsin.health()["dead_letters"] == 0, "the page by mail is tried again first"

    wait_for(lambda: receiver.pages("/ada"), 15, "the page to the next person, long before the hour")
    assert tocsin.health()["dead_letters"] == 1
    [dead] = tocsin.told("delivery", "list", "--dead")
    assert (dead["kind"], dead["attempts"]) == ("deliver.smtp", 2)
    assert "cannot be reached" in dead["last_error"]
    kinds = tocsin.timeline(reader, "INC-1")
    assert kinds.index("page.failed") < len(kinds) - 1 - kinds[::-1].index("page.requested")
    wait_for(lambda: "page.delivered" in tocsin.timeline(reader, "INC-1"), 5, "the page written down")
