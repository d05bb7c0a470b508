"""Rendering never crashes: what is wrong comes back with the template's name and the place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.notification import Integration
from tocsin.oncall.alertmanager.template_shipped import SHIPPED
from tocsin.oncall.alertmanager.template_view import AlertViews, Texts, View
from tocsin.oncall.alertmanager.templates import Fault, faults_in, library_of, render, render_settings

VIEW = View(
    receiver="ops",
    status="firing",
    alerts=AlertViews(),
    group_labels=Texts({"alertname": "Up"}),
    common_labels=Texts({"alertname": "Up", "job": "<db>"}),
    common_annotations=Texts(),
    external_url="http://t",
)


def integration(kind: str, **settings: object) -> Integration:
    return Integration(receiver="ops", kind=kind, number=0, send_resolved=True, settings=settings)


def test_files_define_templates_and_replace_shipped_ones() -> None:
    library, faults = library_of(
        [
            ("dir/one.tmpl", '{{ define "slack.default.title" }}mine{{ end }}whole'),
            ("two.tmpl", '{{ define "x" }}\n{{ end'),
        ]
    )
    assert render('{{ template "slack.default.title" . }}', VIEW, library, name="t") == "mine"
    assert render('{{ template "one.tmpl" . }}', VIEW, library, name="t") == "whole"
    assert [str(fault) for fault in faults] == ["two.tmpl:2:7: an action is not closed by `}}`"]


def test_a_text_may_define_its_own() -> None:
    text = '{{ define "a" }}{{ .Status }}{{ end }}{{ template "a" . }}'
    assert render(text, VIEW, SHIPPED, name="t") == "firing"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a\n {{ if }}", "t:2:5: a value is missing"),
        ("a\n{{ .Nothing }}", "t:2:4: there is no field Nothing here"),
        ('{{ define "d" }}{{ .X }}{{ end }}{{ template "d" . }}', "d:1:20: there is no field X here"),
    ],
)
def test_a_fault_names_template_line_and_column(text: str, fault: str) -> None:
    assert str(render(text, VIEW, SHIPPED, name="t")) == fault


def test_settings_are_rendered_with_lists_and_mappings() -> None:
    rendered = render_settings(
        integration(
            "slack",
            title="{{ .Status }}",
            fields=({"title": "a", "value": "{{ .CommonLabels.job }}"},),
            short_fields=True,
            api_url="https://h/{{ .Status }}",
            api_url_file="{{ .Status }}",
            http_config={"a": "{{ .Status }}"},
        ),
        VIEW,
        SHIPPED,
    )
    assert rendered.faults == ()
    assert rendered.settings == {
        "title": "firing",
        "fields": ({"title": "a", "value": "<db>"},),
        "short_fields": True,
        "api_url": "https://h/{{ .Status }}",
        "api_url_file": "{{ .Status }}",
        "http_config": {"a": "{{ .Status }}"},
    }


def test_html_is_escaped() -> None:
    rendered = render_settings(integration("email", html="<p>{{ .CommonLabels.job }}</p>"), VIEW, SHIPPED)
    assert rendered.settings == {"html": "<p>&lt;db&gt;</p>"}


def test_where_a_template_fails_the_shipped_text_is_sent() -> None:
    rendered = render_settings(
        integration("slack", title="{{ .Nothing }}", channel="{{ .Nothing }}", color="red"), VIEW, SHIPPED
    )
    assert rendered.settings == {"title": "[FIRING:0] Up (<db>)", "color": "red"}
    assert [str(fault) for fault in rendered.faults] == [
        "slack_configs.title:1:4: there is no field Nothing here",
        "slack_configs.channel:1:4: there is no field Nothing here",
    ]


def test_where_even_the_shipped_text_fails_it_is_left_out() -> None:
    library, _ = library_of([("x", '{{ define "slack.default.title" }}{{ .Nothing }}{{ end }}')])
    rendered = render_settings(
        integration("slack", title='{{ template "slack.default.title" . }}'), VIEW, library
    )
    assert (rendered.settings, len(rendered.faults)) == ({}, 2)


@pytest.mark.parametrize(
    ("text", "known", "count"),
    [
        ('{{ template "slack.default.title" . }}{{ toUpper (and .A .B) }}', True, 0),
        ("{{ if .A", True, 1),
        ('{{ if no . }}b{{ range .B }}{{ template "" (no .) }}{{ end }}{{ else }}{{ no }}{{ end }}', True, 4),
        ('{{ template "none" }}', True, 1),
        ('{{ template "none" }}', False, 0),
        ('{{ define "none" }}{{ nope }}{{ end }}{{ template "none" }}', True, 1),
    ],
)  # fmt: skip
def test_what_can_never_be_rendered_is_found_beforehand(text: str, known: bool, count: int) -> None:
    assert len(faults_in(text, SHIPPED if known else None, name="t")) == count


_SIGNS = '{{ }} {{- -}} if end else range with define template "x" .Alerts $ $x := | ( ) printf 1 . len and'
_WORDS = st.sampled_from([*_SIGNS.split(), "index", "{{ end }}", "{{ if . }}", "{{ range . }}"])


@given(st.lists(_WORDS, max_size=30))
def test_no_text_makes_it_crash(words: list[str]) -> None:
    assert isinstance(render(" ".join(words), VIEW, SHIPPED, name="t"), str | Fault)
