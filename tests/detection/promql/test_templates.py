from __future__ import annotations

import pytest

from tocsin.detection.promql.refusals import ExpressionRefused
from tocsin.detection.promql.templates import compiled

LABELS = {"job": "Api", "size": "2048"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("{{ $labels.job }} is {{ $value }}", "Api is 0.25"),
        ("{{ .Labels.job }} is {{ .Value }}", "Api is 0.25"),
        ("{{ $labels.none }}|", "|"),
        ("{{ $value | humanizePercentage }}", "25%"),
        ("{{ humanize1024 $labels.size }}", "2ki"),
        ('{{ printf "%.2f of %s%%" $value $labels.job }}', "0.25 of Api%"),
        (
            '{{ printf "%v %v %g %5.1f|%-5s|" $value $labels.job $value $value $labels.job }}',
            "0.25 Api 0.25   0.2|Api  |",
        ),
        ('{{ $value | printf "%F" }}', "0.250000"),
        ("{{ ($labels.job | toUpper) | printf `%s!` }}", "API!"),
        ("{{ toLower $labels.job }}", "api"),
        ("a {{- /* remark */ -}} b", "ab"),
        ("a {{- $value -}} b", "a0.25b"),
        ("{{/* remark */}}x", "x"),
        ("{{ $externalLabels.region }}{{ $externalURL }}.", "."),
        ('{{ "a\\tb" }}{{ `c` }}', "a\tbc"),
        ("{{ humanizeDuration $value }}", "250ms"),
        (
            "{{ humanize $labels.job }}",
            '<error expanding template: strconv.ParseFloat: parsing "Api": invalid syntax>',
        ),
    ],
)
def test_holes_are_filled(text: str, expected: str) -> None:
    assert compiled(text).expanded(LABELS, 0.25) == expected


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("a {{ if $value }}b{{ end }}", 5),
        ("{{ $labels }}", 3),
        ("{{ }}", 3),
        ("{{ $value ", 0),
        ("{{ query `up` }}", 3),
        ("{{ $value $value }}", 10),
        ("{{ $value | $labels.job }}", 12),
        ("{{ humanize }}", 3),
        ("{{ humanize $value $value }}", 3),
        ("{{ toUpper $value }}", 3),
        ("{{ ($value }}", 11),
        ("{{ printf }}", 3),
        ("{{ printf $value }}", 3),
        ('{{ printf "%s" $value }}', 3),
        ('{{ printf "%d" $value }}', 3),
        ('{{ printf "%f" $labels.job }}', 3),
        ('{{ printf "%f" }}', 3),
        ('{{ printf "x" $value }}', 3),
        ('{{ printf "100%" }}', 3),
        ('{{ "\\q" }}', 4),
        ("{{ humanize (", 0),
    ],
)
def test_what_is_outside_the_subset_is_refused_where_it_stands(text: str, offset: int) -> None:
    with pytest.raises(ExpressionRefused) as refused:
        compiled(text)
    assert refused.value.offset == offset
