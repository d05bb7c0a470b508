from __future__ import annotations

import pytest

from tocsin.detection.promql.parser import parse
from tocsin.detection.promql.refusals import ExpressionRefused


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{job=~".*"}', "select every series"),
        ("{}", "select every series"),
        ("1[5m:]", "a scalar, but a subquery"),
        ("-x[5m]", "A sign cannot stand before a range vector"),
        ("-'a'", "A sign cannot stand before a string"),
        ("sum(1)", "a scalar, but `sum` takes an instant vector"),
        ("topk(x, x)", "but the parameter of `topk` takes a scalar"),
        ("count_values(1, x)", "takes a string"),
        ("rate(x)", "takes a range vector"),
        ("rate(x[5m], 1)", "takes 1 arguments, not 2"),
        ("round()", "takes 1 to 2 arguments, not 0"),
        ("label_join(x, 'a')", "takes at least 3 arguments"),
        ("x[5m] + 1", "cannot be applied to a range vector"),
        ("1 + 'a'", "cannot be applied to a string"),
        ("x + bool 1", "`bool` can only stand behind a comparison"),
        ("1 > 2", "needs `bool`"),
        ("x + on (a) 1", "need instant vectors on both sides"),
        ("1 and x", "needs instant vectors on both sides"),
        ("a + on (x) group_left (x) b", "stands in `on` and in the group clause"),
        ("a and on (x) group_left b", "allows no group_left"),
    ],
)
def test_parts_that_do_not_fit_are_refused(text: str, said: str) -> None:
    with pytest.raises(ExpressionRefused) as refused:
        parse(text)
    assert said in refused.value.happened


@pytest.mark.parametrize(
    "text",
    [
        '{job=~".+"}',
        "1 > bool 2",
        "x > bool 1",
        "a + ignoring (x) group_left (x) b",
        "-time()",
        "label_join(x, 'a', ',')",
        "x + on () 1",
        "max_over_time(x[5m:1m])",
        "topk(1, x)",
        "a and on (x) b",
        "rate(x[5m])",
    ],
)
def test_parts_that_fit_are_taken(text: str) -> None:
    parse(text)
