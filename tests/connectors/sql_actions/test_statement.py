"""Places of a query are found where they are places, and nowhere else."""

from __future__ import annotations

import pytest

from tocsin.connectors.sql_actions.statement import is_one_question, numbered, places_in

HARD = """\
SELECT ':no', "a:no", $$ :no $$, $x$ :no $x$, id::text -- :no
/* :no */ FROM t WHERE a = :client AND b = :other AND c = :client
"""


def test_only_places_are_places() -> None:
    assert places_in(HARD) == ("client", "other")
    assert numbered(HARD) == HARD.replace(":client", "$1").replace(":other", "$2")


@pytest.mark.parametrize(
    ("query", "is_one"),
    [
        ("SELECT 1", True),
        ("  with x as (select 1) select * from x;", True),
        ("SELECT ';' -- ; drop\n", True),
        ("SELECT 1; DROP TABLE t", False),
        ("DELETE FROM t", False),
        ("EXPLAIN ANALYZE DELETE FROM t", False),
        ("", False),
    ],
)
def test_a_query_is_one_statement_that_begins_like_a_question(query: str, is_one: bool) -> None:
    assert is_one_question(query) is is_one
