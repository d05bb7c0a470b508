"""A channel that somebody's contact names but nobody set up: said plainly, and the next person is called."""

from __future__ import annotations

from datetime import UTC, datetime

from receiver import SECRET, Receiver
from served import Served, wait_for
from tocsin.domain.person import Role

ONCALL = """\
people:
  ben: {{name: Ben, contacts: [{{channel: slack, address: "#oncall"}}]}}
  ada: {{name: Ada, contacts: [{{channel: webhook, address: "{url}/ada"}}]}}
schedule: {{zone: UTC, rotation: weekly, handover: "00:00", starts: {today}, people: [ben, ada]}}
escalation: {{P1: [{{after: 0m, page: primary}}, {{after: 1h, page: secondary}}]}}
"""
PROBLEMS = 6


def test_a_channel_without_its_settings_is_named_and_the_next_person_is_called(
    tocsin: Served, receiver: Receiver
) -> None:
    tocsin.pack("oncall.yml", ONCALL.format(url=receiver.url, today=f"{datetime.now(UTC):%Y-%m-%d}"))
    tocsin.settings["TOCSIN_WEBHOOK_SECRETS"] = SECRET
    tocsin.start()
    assert tocsin.post_alert(tocsin.token(Role.INGEST), alertname="CheckoutDown").status_code == 200
    wait_for(lambda: receiver.pages("/ada"), 10, "the page to the next person")
    [dead] = tocsin.told("delivery", "list", "--dead")
    assert (dead["kind"], dead["attempts"]) == ("deliver.slack", 1)
    assert "'slack' is not set up" in dead["last_error"]
    findings = tocsin.told("doctor", status=PROBLEMS)
    assert any(
        "'slack', which is not set up" in one["words"] and one["standing"] == "problem" for one in findings
    )


def test_a_channel_set_up_only_in_part_stops_the_start_and_names_what_is_missing(tocsin: Served) -> None:
    tocsin.settings["TOCSIN_SMTP_URL"] = "smtp://127.0.0.1:25"
    said = tocsin.refuses_to_start()
    assert "TOCSIN_SMTP_FROM is missing" in said
    assert "Traceback" not in said


def test_a_number_that_makes_no_sense_stops_the_start_with_its_name(tocsin: Served) -> None:
    tocsin.settings["TOCSIN_LEASE_SECONDS"] = "-1"
    said = tocsin.refuses_to_start()
    assert tocsin.process.returncode == 1
    assert "TOCSIN_LEASE_SECONDS is '-1'" in said
    assert "Traceback" not in said
