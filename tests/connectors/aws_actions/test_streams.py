"""What is kept of an answer is JSON that is equal for equal answers."""

from __future__ import annotations

from tocsin.connectors.aws_actions.streams import json_of, kept_as_json


def test_equal_answers_have_equal_bytes() -> None:
    assert json_of({"b": 1, "a": [2]}) == json_of({"a": [2], "b": 1})


def test_search_strings_of_the_waf_are_shown_as_text() -> None:
    assert json_of({"SearchString": b"/auth\xff"}) == b'{\n "SearchString": "/auth\\\\xff"\n}\n'


def test_a_stream_names_its_object_and_source() -> None:
    kept = kept_as_json("role.json", {"é": 1}, of="deploy", source="arn", gap="half")
    assert (kept.name, kept.of, kept.source, kept.gap) == ("role.json", "deploy", "arn", "half")
    assert kept.content.read() == '{\n "é": 1\n}\n'.encode()
