"""A call says what happened twice, and only a pressed key acknowledges: a mailbox presses none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

from tocsin.connectors.outbound import Outbound
from tocsin.connectors.secret import Secret
from tocsin.connectors.twilio.client import TwilioAccount
from tocsin.connectors.twilio.voice import VoiceChannel, answered, texted, twiml_of
from tocsin.domain.page import Message

PAGE = Message(
    key="page-1-2",
    subject="P1 Critical INC-12: </Say><Hangup/> the disk is full",
    text="long",
    link="https://tocsin.example/acknowledge/0c6d/abc",
    severity="P1",
    incident="INC-12",
    is_page=True,
    page_id="0c6d",
)
ACTION = "https://tocsin.example/hooks/twilio/voice?page=0c6d&x=1"


def channel(fake: Any) -> VoiceChannel:
    account = TwilioAccount(fake.sid, (Secret(fake.token),), fake.url, Outbound(time_limit_s=20))
    return VoiceChannel(account, "+15005550006", "https://tocsin.example")


def test_a_call_is_placed_with_what_it_says(twilio: Any) -> None:
    receipt = channel(twilio).send(PAGE, "+491701234567")
    ((what, form),) = twilio.created
    gather = ElementTree.fromstring(form["Twiml"]).find("Gather")
    assert gather is not None
    assert (what, form["To"], form["Timeout"]) == ("Calls", "+491701234567", "30")
    assert gather.get("action") == "https://tocsin.example/hooks/twilio/voice?page=0c6d"
    assert form["StatusCallback"].endswith("status?key=page-1-2")
    assert receipt.reference.startswith("CA")


def test_text_from_outside_gives_no_orders_to_the_telephone() -> None:
    tree = ElementTree.fromstring(twiml_of(PAGE, ACTION))
    assert {each.tag for each in tree.iter()} == {"Response", "Gather", "Say", "Pause"}
    said = " ".join(each.text or "" for each in tree.iter("Say"))
    assert said.count("the disk is full") == 2
    assert "Press 4 to acknowledge, 5 to escalate." in said


def test_a_notice_is_only_said() -> None:
    for message in (replace(PAGE, is_page=False), replace(PAGE, page_id="")):
        tree = ElementTree.fromstring(twiml_of(message, ACTION))
        assert [each.tag for each in tree] == ["Say"]


def test_the_longest_text_fits() -> None:
    assert len(twiml_of(replace(PAGE, subject="&<>" * 5000), ACTION)) <= 4000


def test_answers_are_escaped() -> None:
    for made, tag in ((answered("a <b> & c"), "Say"), (texted("a <b> & c"), "Message")):
        assert [(each.tag, each.text) for each in ElementTree.fromstring(made)] == [(tag, "a <b> & c")]
