"""Places are filled with values and nothing more: a value is never read as a template again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tocsin.connectors.filling import demand_places, filled, looked_up, value_of
from tocsin.domain.pack_file import PackProblem, parse

WRITTEN = """\
text: 'agent {agent}, {agents}, {on}, {absent}.'
alone: '{agents}'
deep: {count: 3, share: 0.5, on: true, none: null, list: ['{agent}', 7]}
"""


def test_places_are_filled_and_one_alone_keeps_its_type() -> None:
    template = value_of(parse(WRITTEN, "actions.yml"))
    values = {"agent": "{on}", "agents": ("a", "b"), "on": True}
    assert filled(template, values) == {
        "text": "agent {on}, a,b, true, .",
        "alone": ["a", "b"],
        "deep": {"count": 3, "share": 0.5, "on": True, "none": None, "list": ["{on}", 7]},
    }


def test_a_length_of_time_is_told_in_seconds() -> None:
    values = {"lasts": timedelta(minutes=2)}
    assert filled("{lasts}", values) == 120.0
    assert filled("{lasts} s", values) == "120.0 s"


def test_a_path_looks_into_an_answer() -> None:
    answer = {"agent": {"status": "active"}}
    assert looked_up(answer, "agent.status") == "active"
    assert looked_up(answer, "agent.status.deeper") is None
    assert filled("{kept.status}", {"kept": {"status": "x"}}) == "x"


def test_a_place_that_nothing_fills_is_pointed_at() -> None:
    written = parse(WRITTEN, "actions.yml")
    with pytest.raises(PackProblem, match="nothing fills the place") as raised:
        demand_places(written, {"agent", "agents", "on"}.__contains__)
    assert (raised.value.line, raised.value.column) == (1, 7)
