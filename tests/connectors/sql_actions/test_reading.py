"""The section `sql` of actions.yml: the shipped questions load, and every mistake is pointed at."""

from __future__ import annotations

import pytest

from performing_rigs import shipped
from tocsin.app.performing import performers_of
from tocsin.connectors.sql_actions.reading import performers_in
from tocsin.domain.acting import Seen
from tocsin.domain.pack_file import PackProblem, parse
from tocsin.domain.playing import rehearse
from tocsin.response.declaring import faults_of

LINES = """\
- name: lab.doors
  title: Doors
  database: lab
  arguments:
    state: {summary: Which state.}
  query: SELECT name FROM doors WHERE state = :state
  rows: 5
  time_limit: 2s
"""


def test_the_shipped_questions_load() -> None:
    found = performers_of(shipped("agent-identity"))
    names = {"agentidp.expired_credentials", "agentidp.dead_letters", "agentidp.dead_letter_reasons"}
    assert names <= set(found)
    assert [faults_of(found[name]) for name in names] == [(), (), ()]


def test_a_question_is_one_call_with_its_values_beside_it() -> None:
    [one] = performers_in(parse(LINES, "actions.yml"))
    [call] = rehearse(one.perform({"state": "' OR 1=1"}, {}, "k")).calls
    assert call.operation == "SELECT name FROM doors WHERE state = :state"
    assert call.parameters == {"values": {"state": "' OR 1=1"}, "rows": 5, "seconds": 2.0}
    assert (call.service, call.changes) == ("sql.lab", False)
    assert rehearse(one.seen({}, {}, "k")).given is Seen.NOT_DONE
    assert rehearse(one.verify({}, {})).given is True


@pytest.mark.parametrize(
    ("was", "becomes", "line", "says"),
    [
        ("database: lab", "database: 'a b'", 3, "no name of a database"),
        ("SELECT name FROM doors", "DELETE FROM doors", 6, "not one statement"),
        ("= :state", "= :stat", 6, "nothing fills"),
        ("summary: Which state.", "summary: Which state., secret: true", 5, "no secrets"),
        ("rows: 5", "rows: 1001", 7, "whole number"),
        ("  rows: 5", "  write: true", 7, "not known"),
        ("time_limit: 2s\n", f"time_limit: 2s\n{LINES}", 9, "described twice"),
    ],
)
def test_a_mistake_is_pointed_at(was: str, becomes: str, line: int, says: str) -> None:
    with pytest.raises(PackProblem, match=says) as raised:
        performers_in(parse(LINES.replace(was, becomes, 1), "actions.yml"))
    assert raised.value.line == line
