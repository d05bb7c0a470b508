"""Templates print what `amtool template render` prints, letter by letter, or are refused where it refuses."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from skips import skip_or_fail
from tocsin.oncall.alertmanager.template_shipped import SHIPPED
from tocsin.oncall.alertmanager.template_view import AlertView, AlertViews, Texts, View
from tocsin.oncall.alertmanager.templates import render

DEFAULTS = Path("/usr/share/prometheus/alertmanager/default.tmpl")
NEWER = ("email.", "msteams", "jira.", "rocketchat.", "discord.default.content")

pytestmark = pytest.mark.real


def moment(hour: int, microsecond: int = 0) -> datetime:
    return datetime(2026, 11, 21, hour, 5, 6, microsecond, tzinfo=UTC)


def alert(
    number: str, *, ends: datetime | None = None, annotations: dict[str, str] | None = None
) -> AlertView:
    return AlertView(
        status="resolved" if ends else "firing",
        labels=Texts({"alertname": "Up", "job": "a b", "zone": "<x>", "i": number}),
        annotations=Texts(annotations or {}),
        starts_at=moment(10, 500_000),
        ends_at=ends or datetime(1, 1, 1, tzinfo=UTC),
        generator_url="http://p/g?x=1&y=2",
        fingerprint=f"f{number}",
    )


VIEW = View(
    receiver=r"team\.x",
    status="firing",
    alerts=AlertViews((alert("1", annotations={"summary": "s", "n": "2"}), alert("2", ends=moment(11)))),
    group_labels=Texts({"alertname": "Up"}),
    common_labels=Texts({"alertname": "Up", "job": "a b", "zone": "<x>"}),
    common_annotations=Texts({"summary": 'It\'s "down"'}),
    external_url="http://am:9093",
)
TEXTS = r"""
{{ .CommonLabels }}{{ .CommonLabels.job | toUpper }} {{ .CommonLabels.nope }}|
{{ range $i, $a := .Alerts }}{{ $i }}={{ $a.Labels.i }},{{ end }}
{{ range $k, $v := .CommonLabels }}{{ $k }}-{{ $v }};{{ else }}none{{ end }}
{{- range .Alerts -}} x {{ .StartsAt }} {{ .StartsAt.Format "2006-01-02T15:04:05.000Z07:00" }} {{- end }}
{{ range .Alerts }}{{ .StartsAt.Format "Jan _2 Mon 3PM January 2 Monday 03 06" }}{{ .StartsAt.Unix }}{{ end }}
{{ if eq .Status "firing" "x" }}A{{ else if eq .Status "y" }}B{{ else }}C{{ end }}
{{ with .CommonLabels.nope }}x{{ else }}y{{ end }}{{ with $z := .Status }}{{ $z }}{{ . }}{{ end }}
{{ printf "%s-%5d|%-5d|%05d|%q|%v|%d" .Status 3 4 5 "a\"b" .GroupLabels "x" }}
{{ printf "%s %s" "a" }}{{ printf "%s" "a" "b" }}{{ printf "%t %x %6.2f|%c" true 255 1.5 65 }}
{{ reReplaceAll "(a)( )" "$2${1}x$3" .CommonLabels.job }}{{ match "^a.b$" .CommonLabels.job }}
{{ title "hELLO wORLD don't x-ray 3com" }}{{ toLower "ÄB" }}
{{ .Alerts | len }}{{ len .Status }}{{ index .CommonLabels "job" }}{{ (index .Alerts 1).Fingerprint }}
{{ and .Status "x" }}{{ or "" "z" }}{{ not true }}{{ and "" 1 }}{{ if and .Status (gt 2 1) }}ok{{ end }}
{{ $x := 1 }}{{ range .Alerts }}{{ $x = 2 }}{{ end }}{{ $x }}{{ if true }}{{ $x := 3 }}{{ end }}{{ $x }}
{{/* c */}}a{{- /* d */ -}} b {{- "c" -}} d
{{ "a\tb\u00e9\x41\101" }}{{ `raw\n` }}{{ 1.5 }}{{ -3 }}{{ true }}
{{ html "<a href='x'>&\"" }}{{ urlquery "a b&c/d" }}{{ js "a<b'\"\n" }}{{ safeHtml "<b>" }}
{{ join ", " (stringSlice "a" "b") }}{{ stringSlice "a" "b" }}{{ .CommonLabels.Remove (stringSlice "job") }}
{{ .CommonLabels.SortedPairs }}{{ .GroupLabels.Names }}{{ .CommonLabels.Values | join " " | toUpper }}
{{ lt 1 2 }}{{ le "a" "a" }}{{ ge 2 3 }}{{ ne "a" "b" }}{{ ne .Status "a" | not }}
{{ define "t" }}[{{ . }}{{ $ }}]{{ end }}{{ template "t" .Status }}{{ template "t" "q" }}
{{ block "bb" .Status }}{{ . }}{{ end }}
{{ "q" | printf "%s-%s" "a" }}{{ print 1 2 "a" 3 4 }}{{ println "x" 1 }}
{{ if .Alerts }}y{{ end }}{{ if .CommonAnnotations }}y{{ end }}{{ if 0 }}n{{ end }}
{{ if eq .CommonLabels.nope "" }}e{{ end }}{{ . }}{{ .Alerts.Firing }}
{{ .Nope }}
{{ nofunction }}
{{ .Status.x }}
{{ index .Alerts 9 }}
{{ eq 1 "a" }}
{{ template "nope" . }}
{{ if }}{{ end }}
{{ range .Alerts }}
{{ end }}
{{ $y }}
{{ "a" "b" }}
{{ .Status "x" }}
{{ toUpper }}
{{ 1 | 2 }}
{{ len 3 }}
{{ range 3 }}{{ end }}
{{ reReplaceAll "(" "" "a" }}
""".strip().splitlines()


@pytest.fixture(scope="module")
def notification(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("amtool") is None or not DEFAULTS.is_file():
        skip_or_fail("amtool or its templates are not installed (Debian: prometheus-alertmanager)")
    path = tmp_path_factory.mktemp("templates") / "notification.json"
    alerts = [
        {
            "status": each.status,
            "labels": each.labels,
            "annotations": each.annotations,
            "startsAt": each.starts_at.isoformat(),
            "endsAt": each.ends_at.isoformat(),
            "generatorURL": each.generator_url,
            "fingerprint": each.fingerprint,
        }
        for each in VIEW.alerts
    ]
    told = {
        "receiver": VIEW.receiver,
        "status": VIEW.status,
        "externalURL": VIEW.external_url,
        "groupLabels": VIEW.group_labels,
        "commonLabels": VIEW.common_labels,
        "commonAnnotations": VIEW.common_annotations,
        "alerts": alerts,
    }
    path.write_text(json.dumps(told))
    return path


def theirs(text: str, notification: Path) -> str | None:
    """Return what amtool prints, None where it refuses."""
    done = subprocess.run(
        ["amtool", "template", "render", f"--template.glob={DEFAULTS}", f"--template.text={text}",
         f"--template.data={notification}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout if done.returncode == 0 else None


def ours(text: str) -> str | None:
    printed = render(text, VIEW, SHIPPED, name="t")
    return printed if isinstance(printed, str) else None


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_prints_the_same_or_fails_on_both_sides(text: str, notification: Path) -> None:
    assert ours(text) == theirs(text, notification)


@pytest.mark.parametrize(
    "name", [each for each in SHIPPED if not each.startswith(("__", *NEWER)) and "instances" not in each]
)
def test_a_shipped_template_prints_the_same(name: str, notification: Path) -> None:
    text = f'{{{{ template "{name}" . }}}}'
    assert ours(text) == theirs(text, notification)


def test_random_texts_print_the_same_or_fail_on_both_sides(notification: Path) -> None:
    rng = random.Random(5)
    for _ in range(120):
        text = "".join(_random_piece(rng, 0) for _ in range(rng.randint(1, 3)))
        assert ours(text) == theirs(text, notification), text


_VALUES = (
    ".Status",
    ".CommonLabels.job",
    ".CommonLabels.nope",
    ".CommonLabels",
    ".Alerts",
    ".Alerts.Firing",
    '"a b"',
    "2",
    "$",
    ".",
    "true",
    ".CommonLabels.Names",
)


_SHAPES = (
    "(len {0})",
    "(eq {0} {1})",
    "(and {0} {1})",
    "(or {0} {1})",
    "(not {0})",
    "(toUpper {0})",
    '({0} | printf "%v")',
    "(print {0} {1})",
    "(index {0} {1})",
    "(gt {0} {1})",
)


def _random_value(rng: random.Random, depth: int) -> str:
    if depth > 2 or rng.random() < 0.5:
        return rng.choice(_VALUES)
    one, two = (_random_value(rng, depth + 1) for _ in range(2))
    return rng.choice(_SHAPES).format(one, two)


def _random_piece(rng: random.Random, depth: int) -> str:
    value = _random_value(rng, 0)
    if depth > 2 or rng.random() < 0.4:
        return rng.choice((" text ", "{{ %s }}", "{{- %s -}}", "{{ %s }} ")).replace("%s", value)
    inner, other = (_random_piece(rng, depth + 1) for _ in range(2))
    word = rng.choice(("if", "with", "range"))
    return f"{{{{ {word} {value} }}}}{inner}{rng.choice(('', '{{ else }}' + other))}{{{{ end }}}}"
