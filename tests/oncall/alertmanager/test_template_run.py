"""Carrying a template out gives what Go gives, and ends within its bounds."""

from __future__ import annotations

import pytest

from tocsin.oncall.alertmanager.template_run import Run
from tocsin.oncall.alertmanager.template_text import TemplateFault
from tocsin.oncall.alertmanager.template_tree import parsed
from tocsin.oncall.alertmanager.template_view import Texts

LONG = '{{ $x := printf "%1000d" 1 }}'
MANY = "{{ $x := stringSlice" + ' "a"' * 99 + " }}"
LABELS = Texts({"a": "1", "b": "2"})


def carried(text: str, dot: object = LABELS, *, is_html: bool = False) -> str:
    template, defined = parsed("t", text)
    run = Run(defined, is_html=is_html)
    run.call(template, dot)
    return run.text


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("x{{ .a }}{{ .none }}y", "x1y"),
        ("{{ if .a }}y{{ else }}n{{ end }}{{ if .c }}y{{ else }}n{{ end }}{{ if .c }}z{{ end }}", "yn"),
        ("{{ with .a }}{{ . }}{{ else }}n{{ end }}{{ with .c }}y{{ else }}{{ .b }}{{ end }}", "12"),
        ("{{ range . }}{{ . }},{{ end }}", "1,2,"),
        ("{{ range $k, $v := . }}{{ $k }}={{ $v }};{{ end }}", "a=1;b=2;"),
        ("{{ range $v := .Values }}{{ $v }};{{ end }}", "1;2;"),
        ("{{ range $i, $v := .Values }}{{ $i }}{{ $v }};{{ end }}", "01;12;"),
        ("{{ range stringSlice }}y{{ else }}none{{ end }}{{ range nil }}y{{ end }}", "none"),
        ("{{ $x := 1 }}{{ range . }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"),
        ("{{ $x := 1 }}{{ if .a }}{{ $x := 3 }}{{ end }}{{ $x }}", "1"),
        ("{{ with $x := .a }}{{ $x }}{{ end }}{{ $.b }}", "12"),
        (
            '{{ define "d" }}[{{ . }}{{ $ }}]{{ end }}{{ template "d" .a }}{{ template "d" }}',
            "[11][<no value><no value>]",
        ),
        ('{{ .Values | join "+" | printf "%s=%s" .a }}', "1=1+2"),
        ('{{ (.Remove (stringSlice "a")).b }}', "2"),
        ("{{ .Remove .Names }}", "map[]"),
        ("{{ .Names | .Remove }}", "map[]"),
        ('{{ and .a .none 5 }}|{{ and .a 5 }}|{{ or .none 5 }}|{{ or .none "" }}', "|5|5|"),
        ("{{ 5 | and .a }}{{ 5 | and .none }}{{ 6 | or .none }}", "56"),
        ("{{ eq (len .) 2 }}{{ print print }}", "true"),
    ],
)
def test_it_prints_what_go_prints(text: str, printed: str) -> None:
    assert carried(text) == printed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ .a.b }}", "no field b"),
        ("{{ nofunction }}", "no function nofunction"),
        ("{{ toUpper }}", "does not take 0"),
        ("{{ toUpper 1 }}", "toUpper: a text is needed"),
        ("{{ $x }}", "is not defined"),
        ("{{ $x = 1 }}", "is not defined"),
        ("{{ .a 1 }}", "takes no values"),
        ('{{ "a" "b" }}', "takes no others"),
        ("{{ and }}", "needs a value"),
        ("{{ range 3 }}{{ end }}", "range goes over"),
        ('{{ template "none" }}', "is defined"),
        ('{{ define "d" }}{{ template "d" }}{{ end }}{{ template "d" }}', "more than 80 deep"),
        (LONG + "{{ range . }}{{ range $ }}" + "{{ $x }}" * 100 + "{{ end }}{{ end }}", "prints more than"),
        (LONG + "{{ $x = print $x $x }}" * 10, "grows over"),
        (MANY + "{{ range $x }}" * 3 + "{{ end }}" * 3, "100000 steps"),
        (LONG + "{{ $x = print $x $x $x $x $x }}" * 2 + "{{ $y := toUpper $x }}" * 5000, "100000 steps"),
    ],
)  # fmt: skip
def test_what_fails_is_a_fault(text: str, words: str) -> None:
    with pytest.raises(TemplateFault, match=words):
        carried(text)


def test_in_html_values_are_escaped_unless_declared_safe() -> None:
    dot = Texts({"evil": "<script>", "link": "javascript:alert(1)", "page": "https://h/?a=1&b"})
    told = carried('<p>{{ .evil }}{{ safeHtml "<b>" }}</p>', dot, is_html=True)
    assert told == "<p>&lt;script&gt;<b></p>"
    assert carried('<a href="{{ .link }}">', dot, is_html=True) == '<a href="#">'
    assert carried('<a href="{{ .page }}">', dot, is_html=True) == '<a href="https://h/?a=1&amp;b">'
    assert carried('<a href="{{ .link }}">', dot) == '<a href="javascript:alert(1)">'


def test_the_place_of_a_fault_is_the_innermost_template() -> None:
    template, defined = parsed("t", '{{ define "d" }}{{ .a.b }}{{ end }}{{ template "d" . }}')
    run = Run(defined, is_html=False)
    with pytest.raises(TemplateFault):
        run.call(template, LABELS)
    assert [each.name for each in run.calls] == ["t", "d"]
