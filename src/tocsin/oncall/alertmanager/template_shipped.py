"""The templates that every `alertmanager.yml` may name without defining them, in our own words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tocsin.oncall.alertmanager.template_tree import Template, parsed

SHIPPED_PATH = "shipped templates"

_SUBJECT = (
    '{{ define "__subject" }}[{{ toUpper .Status }}{{ if eq .Status "firing" }}:{{ len .Alerts.Firing }}'
    '{{ end }}] {{ join " " .GroupLabels.SortedPairs.Values }} {{ $rest := .CommonLabels.Remove '
    '.GroupLabels.Names }}{{ if $rest }}({{ join " " $rest.Values }}){{ end }}{{ end }}'
)
_COMMON = """\
{{ define "__alertmanager" }}Alertmanager{{ end }}
{{ define "__alertmanagerURL" }}{{ .ExternalURL }}/#/alerts?receiver={{ urlquery .Receiver }}{{ end }}
{{ define "__text_alert_list" }}{{ range . }}Labels:
{{ range .Labels.SortedPairs }} - {{ .Name }} = {{ .Value }}
{{ end }}Annotations:
{{ range .Annotations.SortedPairs }} - {{ .Name }} = {{ .Value }}
{{ end }}Source: {{ .GeneratorURL }}
{{ end }}{{ end }}
{{ define "__markdown_alert_list" }}{{ range . }}
Labels:
{{ range .Labels.SortedPairs }}  - {{ .Name }} = {{ .Value }}
{{ end }}
Annotations:
{{ range .Annotations.SortedPairs }}  - {{ .Name }} = {{ .Value }}
{{ end }}
Source: {{ .GeneratorURL }}
{{ end }}{{ end }}
{{ define "__both_tight" }}{{ with .Alerts.Firing }}Alerts Firing:
{{ template "__text_alert_list" . }}{{ end }}
{{ with .Alerts.Resolved }}Alerts Resolved:
{{ template "__text_alert_list" . }}{{ end }}{{ end }}
{{ define "__both" }}{{ with .Alerts.Firing }}
Alerts Firing:
{{ template "__text_alert_list" . }}
{{ end }}
{{ with .Alerts.Resolved }}
Alerts Resolved:
{{ template "__text_alert_list" . }}
{{ end }}
{{ end }}
{{ define "__newline_both" }}
{{ template "__both" . }}{{ end }}
{{ define "__both_markdown" }}{{ with .Alerts.Firing }}
# Alerts Firing:
{{ template "__markdown_alert_list" . }}
{{ end }}
{{ with .Alerts.Resolved }}
# Alerts Resolved:
{{ template "__markdown_alert_list" . }}
{{ end }}
{{ end }}
{{ define "__annotations" }}{{ join " " .CommonAnnotations.SortedPairs.Values }}{{ end }}
"""
_EMAIL = """\
{{ define "__html_alerts" }}{{ range . }}<h3>Labels</h3><p>
{{- range .Labels.SortedPairs }}{{ .Name }} = {{ .Value }}<br>{{ end }}</p>
{{- with .Annotations }}<h3>Annotations</h3><p>
{{- range .SortedPairs }}{{ .Name }} = {{ .Value }}<br>{{ end }}</p>{{ end -}}
<p><a href="{{ .GeneratorURL }}">Source</a></p>
{{ end }}{{ end }}
{{ define "email.default.html" }}<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>{{ template "__subject" . }}</title></head><body>
<h1>{{ len .Alerts }} alert{{ if gt (len .Alerts) 1 }}s{{ end }}
{{- range .GroupLabels.SortedPairs }} {{ .Name }}={{ .Value }}{{ end }}</h1>
<p><a href="{{ template "__alertmanagerURL" . }}">View in {{ template "__alertmanager" . }}</a></p>
{{ with .Alerts.Firing }}<h2>[{{ len . }}] Firing</h2>
{{ template "__html_alerts" . }}{{ end -}}
{{ with .Alerts.Resolved }}<h2>[{{ len . }}] Resolved</h2>
{{ template "__html_alerts" . }}{{ end -}}
<p><a href="{{ .ExternalURL }}">Sent by {{ template "__alertmanager" . }}</a></p>
</body></html>
{{ end }}
"""
# Each name, and the template that says the same; an empty one says nothing.
_SAME = {
    "__subject": """
        slack.default.title pagerduty.default.description opsgenie.default.message email.default.subject
        victorops.default.entity_display_name pushover.default.title sns.default.subject
        discord.default.title msteams.default.title msteams.default.summary msteamsv2.default.title
        jira.default.summary rocketchat.default.title
    """,
    "__alertmanager": """
        slack.default.username pagerduty.default.client victorops.default.monitoring_tool
    """,
    "__alertmanagerURL": """
        slack.default.titlelink pagerduty.default.clientURL opsgenie.default.source pushover.default.url
        rocketchat.default.titlelink
    """,
    "__text_alert_list": "pagerduty.default.instances",
    "__newline_both": "telegram.default.message discord.default.message discord.default.content",
    "__both_markdown": "msteams.default.text msteamsv2.default.text jira.default.description",
    "": """
        __description slack.default.callbackid slack.default.pretext slack.default.iconemoji
        slack.default.iconurl slack.default.text slack.default.footer wechat.default.to_user
        wechat.default.to_party wechat.default.to_tag wechat.default.agent_id rocketchat.default.alias
        rocketchat.default.emoji rocketchat.default.iconurl rocketchat.default.text
    """,
}
_COMPOSED = """\
{{ define "slack.default.fallback" }}
{{- template "__subject" . }} | {{ template "__alertmanagerURL" . }}{{ end }}
{{ define "opsgenie.default.description" }}{{ template "__annotations" . }}
{{ template "__both_tight" . }}{{ end }}
{{ define "victorops.default.state_message" }}{{ template "__annotations" . }}
{{ template "__both_tight" . }}{{ end }}
{{ define "wechat.default.message" }}{{ template "__subject" . }}
{{ template "__annotations" . }}
{{ template "__both_tight" . }}
AlertmanagerUrl:
{{ template "__alertmanagerURL" . }}{{ end }}
{{ define "pushover.default.message" }}{{ template "__annotations" . }}
{{ template "__both" . }}{{ end }}
{{ define "sns.default.message" }}{{ template "__annotations" . }}
{{ template "__both" . }}{{ end }}
{{ define "webex.default.message" }}{{ template "__annotations" . }}
{{ template "__both" . }}{{ end }}
{{ define "jira.default.priority" }}{{ $severity := .CommonLabels.severity }}
{{- if eq $severity "critical" }}High{{ else if eq $severity "warning" }}Medium
{{- else if eq $severity "info" }}Low{{ else }}High{{ end }}{{ end }}
"""


def _library() -> Mapping[str, Template]:
    texts = [_SUBJECT, _COMMON, _EMAIL, _COMPOSED]
    for source, names in _SAME.items():
        body = f'{{{{ template "{source}" . }}}}' if source else ""
        texts += [f'{{{{ define "{name}" }}}}{body}{{{{ end }}}}' for name in names.split()]
    return MappingProxyType(parsed(SHIPPED_PATH, "".join(texts))[1])


SHIPPED = _library()
"""To each name its template."""
