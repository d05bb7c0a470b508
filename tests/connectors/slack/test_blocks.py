"""Blocks are valid by Slack's documented limits whatever the text, and no text can mention or link."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fake_slack import is_valid_block
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from tocsin.connectors.slack.blocks import LONGEST_SECTION, content_of
from tocsin.domain.page import Message

TEXT = (
    st.text()
    | st.text(alphabet="&<>🔔\n\r\0\u202ea ", max_size=9000)
    | st.sampled_from(["x" * 100_000, "🔔" * 5000])
)


def blocks(made: Message, *, interactive: bool = False) -> list[dict[str, Any]]:
    return list(content_of(made, interactive=interactive)["blocks"])


def message(**changes: Any) -> Message:
    plain = {
        "key": "k1",
        "subject": "P1: <b> & co",
        "text": "61 failures",
        "link": "https://tocsin.example/p/1",
    }
    return Message(**(plain | {"severity": "P1", "incident": "INC-1", "is_page": True} | changes))


def test_a_page_has_header_text_facts_and_buttons() -> None:
    sent = content_of(
        message(
            fields=(("Severity", "P1 Critical"), ("Who", "<@U1>")), runbook_url="https://runbooks.example/1"
        ),
        interactive=False,
    )
    assert sent == {
        "text": "P1: &lt;b&gt; &amp; co",
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": "P1: <b> & co", "emoji": False}},
            {"type": "section", "text": {"type": "mrkdwn", "text": "61 failures"}},
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": "*Severity:* P1 Critical\n*Who:* &lt;@U1&gt;"},
            },
            {
                "type": "actions",
                "block_id": "tocsin_actions",
                "elements": [
                    {
                        "type": "button",
                        "action_id": "open",
                        "text": {"type": "plain_text", "text": "Acknowledge"},
                        "url": "https://tocsin.example/p/1",
                        "style": "primary",
                    },
                    {
                        "type": "button",
                        "action_id": "runbook",
                        "text": {"type": "plain_text", "text": "Runbook"},
                        "url": "https://runbooks.example/1",
                    },
                ],
            },
        ],
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {
            "event_type": "tocsin_message",
            "event_payload": {"key": "k1", "page": "", "incident": "INC-1"},
        },
    }


def test_a_notice_is_opened_not_acknowledged() -> None:
    button = blocks(message(is_page=False))[-1]["elements"][0]
    assert button["text"]["text"] == "Open"


@pytest.mark.parametrize("link", ["", "javascript:alert(1)", "https://a.example/" + "x" * 3000])
def test_what_is_no_usable_link_makes_no_button(link: str) -> None:
    assert [block["type"] for block in blocks(message(link=link))] == [
        "header",
        "section",
    ]


@pytest.mark.parametrize(
    ("event", "is_page", "shown"),
    [
        ("page", True, ["acknowledge", "escalate", "note", "open", "runbook"]),
        ("opened", False, ["acknowledge", "escalate", "note", "open", "runbook"]),
        ("acknowledged", False, ["escalate", "note", "open", "runbook"]),
        ("resolved", False, ["open", "runbook"]),
    ],
)
def test_buttons_fit_how_far_the_incident_is_and_carry_it(
    event: str, is_page: bool, shown: list[str]
) -> None:
    made = message(event=event, is_page=is_page, runbook_url="https://runbooks.example/1")
    row = blocks(made, interactive=True)[-1]["elements"]
    assert [button["action_id"] for button in row] == shown
    assert {button["value"] for button in row if "url" not in button} <= {"INC-1"}
    assert sum(button.get("style") == "primary" for button in row) == (event != "acknowledged")
    assert is_valid_block(blocks(made, interactive=True)[-1])


def test_without_an_incident_there_is_nothing_to_ask() -> None:
    row = blocks(message(incident=""), interactive=True)[-1]["elements"]
    assert [button["action_id"] for button in row] == ["open"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*all is well*", "\u200b*\u200ball is well\u200b*\u200b"),
        ("_a_ ~b~", "\u200b_\u200ba\u200b_\u200b \u200b~\u200bb\u200b~\u200b"),
        ("a`b`", "a\u200b`\u200bb\u200b`\u200b"),
        ("pod_name_1 2*3", "pod_name_1 2*3"),
    ],
)
def test_no_foreign_text_is_styled_and_names_can_be_copied(text: str, shown: str) -> None:
    sent = content_of(message(subject=text, text=text, fields=((text, text),)), interactive=False)
    _, section, facts, *_ = sent["blocks"]
    assert sent["text"] == shown
    assert section["text"]["text"] == shown
    assert facts["text"]["text"] == f"*{shown}:* {shown}"


def test_an_escape_is_never_cut_in_two() -> None:
    for extra in range(6):
        text = blocks(message(text="x" * extra + "&" * 5000))[1]["text"]["text"]
        assert len(text) <= LONGEST_SECTION
        assert text.removeprefix("x" * extra).removesuffix("…").replace("&amp;", "") == ""


def test_facts_that_do_not_fit_are_left_out_whole() -> None:
    fields = tuple((f"field {number}", "v" * 900) for number in range(50))
    text = blocks(message(fields=fields))[2]["text"]["text"]
    assert len(text) <= LONGEST_SECTION
    assert all(line.endswith("…") for line in text.split("\n"))


@settings(deadline=None)
@given(TEXT, TEXT, st.lists(st.tuples(TEXT, TEXT), max_size=3))
def test_any_text_makes_valid_blocks(subject: str, text: str, fields: list[tuple[str, str]]) -> None:
    sent = content_of(message(subject=subject, text=text, fields=tuple(fields)), interactive=True)
    json.dumps(sent, ensure_ascii=False).encode("utf-8")
    header, *sections = (block["text"] for block in sent["blocks"] if "text" in block)
    assert 1 <= width(header["text"]) <= 150
    assert "\n" not in header["text"]
    assert all(1 <= width(section["text"]) <= 3000 for section in sections)
    assert not any(mark in section["text"] for section in sections for mark in "<>\0\u202e")
    assert 1 <= len(sent["text"]) <= 4000
    assert is_valid_block(sent["blocks"][-1])
    for block in Block.parse_all(sent["blocks"]):
        block.validate_json()


def width(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
