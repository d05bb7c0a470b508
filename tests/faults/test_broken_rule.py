"""A mistake in a pack is named with file, line and column; a broken rule stops no other rule."""

from __future__ import annotations

import json

from served import Served, wait_for
from tocsin.domain.person import Role

GOOD_RULE = """\
title: A door was forced
id: 11111111-1111-4111-8111-111111111111
status: stable
logsource: {category: door}
detection: {selection: {action: door.forced}, condition: selection}
level: critical
"""
BROKEN_CONDITION = GOOD_RULE.replace("condition: selection}", "condition: selection and}").replace(
    "1111", "2222"
)
NO_YAML = "title: [never closed\ndetection: {"
PROBLEMS = 6


def test_a_broken_rule_is_named_and_the_others_go_on(tocsin: Served) -> None:
    tocsin.pack("rules/good.yml", GOOD_RULE)
    tocsin.pack("rules/broken.yml", BROKEN_CONDITION)
    tocsin.pack("rules/torn.yml", NO_YAML)
    tocsin.start()
    token, reader = tocsin.token(Role.INGEST), tocsin.token(Role.VIEWER)
    signal = json.dumps({"category": "door", "action": "door.forced"}).encode()
    assert tocsin.post("/ingest/signals?source=doors", token, content=signal).json()["accepted"] == 1
    wait_for(lambda: tocsin.incidents(reader), 15, "the incident by the rule that is sound")
    assert tocsin.incidents(reader)[0]["title"].startswith("A door was forced")

    findings = tocsin.told("doctor", status=PROBLEMS)
    words = [one["words"] for one in findings if one["name"] == "rules" and one["standing"] == "problem"]
    assert any("packs/team/rules/broken.yml:5:" in line for line in words)
    assert any("packs/team/rules/torn.yml:" in line for line in words)
    assert "packs/team/rules/broken.yml:5:" in tocsin.said(), "whoever starts the server is told as well"


def test_a_mistake_in_the_on_call_file_stops_the_start_because_nobody_could_be_called(tocsin: Served) -> None:
    tocsin.pack("oncall.yml", "people: {}\nschedule: null\nescalation: {P9: []}\n")
    said = tocsin.refuses_to_start()
    assert "packs/team/oncall.yml:3:" in said
    assert "P9" in said
    assert "Traceback" not in said
