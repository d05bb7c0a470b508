"""Our evaluator against promtool: random series, the same rules, the same alerts at the same times.

`python proofs/promtool_differential.py [--cases N] [--answers N] [--seed N]`: N (600) cases of alerts and N
(1500) of single answers. Each case takes a rule file (the shipped ones, their no-data twins, the thresholds a
service is watched by, and rules that use the rest of the subset), makes series with resets, gaps, ends and
births, writes down what our evaluator says at every step, and lets `promtool test rules` say whether that is so.
Ends with 1 when promtool disagrees once.
"""
# ruff: noqa: E501 - expressions stand here one a line, as they do in rule files.

from __future__ import annotations

import argparse
import json
import math
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from tocsin.detection.promql.notation import samples_of
from tocsin.detection.promql.refusals import EvaluationFailed
from tocsin.detection.promql.rehearsal import Rehearsal
from tocsin.detection.promql.rule_files import RuleGroups, load
from tocsin.detection.promql.twins import rule_file, twin_group
from tocsin.detection.promql.vector import Point
from tocsin.domain.sample import is_stale

PACKS = Path(__file__).resolve().parents[1] / "packs"
MINUTE_MS = 60_000

THRESHOLDS = """\
avg_over_time(probe_success[5m]) < 0.999
avg_over_time(probe_success[5m]) < 0.999 and count_over_time(probe_success[5m]) - sum_over_time(probe_success[5m]) >= 2
histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 0.5
histogram_quantile(0.99, sum by (le, job) (rate(http_request_duration_seconds_bucket[5m]))) > 2 and on (job) sum by (job) (increase(http_request_duration_seconds_count[5m])) >= 50
sum(rate(http_requests_total{code=~"5.."}[5m])) / sum(rate(http_requests_total[5m])) > 0.01
sum(rate(http_requests_total{code=~"5.."}[5m])) / sum(rate(http_requests_total[5m])) > 0.01 and sum(increase(http_requests_total[5m])) >= 100
sum by (job) (rate(http_requests_total{code=~"4.."}[5m])) / sum by (job) (rate(http_requests_total[5m])) > 0.1
sum by (instance) (increase(http_requests_total{code!~"2.."}[1h])) > 10
1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])) > 0.8
1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > 0.85
1 - node_filesystem_avail_bytes / node_filesystem_size_bytes > 0.8
predict_linear(node_filesystem_avail_bytes[6h], 86400) < 0
predict_linear(node_filesystem_avail_bytes[30m], 3600) < 0
sum by (instance) (pg_stat_activity_count) / on (instance) pg_settings_max_connections > 0.8
sum(rate(waf_blocked_requests_total[1m])) > 100/60
sum(rate(waf_blocked_requests_total[2m])) > 100/60
(probe_ssl_earliest_cert_expiry - time()) / 86400 < 30
(probe_ssl_earliest_cert_expiry - time()) / 86400 < 7
absent(probe_success) or (count by (job, instance) (max_over_time(probe_success[1h])) unless count by (job, instance) (probe_success))
"""

OTHERS = """\
probe_success == 0 unless on (job) absent(pg_settings_max_connections)
deriv(node_memory_MemAvailable_bytes[10m]) < 0
changes(probe_success[10m]) > 1
resets(http_requests_total[15m]) > 0
irate(http_requests_total[5m]) > 1
idelta(node_memory_MemAvailable_bytes[5m]) < 0
delta(node_memory_MemAvailable_bytes[10m]) < -50
topk(1, node_memory_MemAvailable_bytes) > 300
bottomk by (job) (1, node_memory_MemAvailable_bytes) < 400
quantile by (job) (0.5, node_memory_MemAvailable_bytes) > 400
count_values by (job) ("state", probe_success) >= 1
max_over_time(rate(http_requests_total[2m])[10m:1m]) > 1.5
sum_over_time(probe_success[5m:]) < 4
absent_over_time(pg_settings_max_connections[5m])
node_memory_MemAvailable_bytes > on (instance) group_left (job) pg_settings_max_connections
pg_settings_max_connections * on (instance) group_right node_memory_MemAvailable_bytes > 4000
label_replace(probe_success, "short", "$1", "instance", "(.).*") == 0
label_join(probe_success, "both", "/", "job", "instance") == 0
stddev_over_time(node_memory_MemAvailable_bytes[10m]) > 100
quantile_over_time(0.9, node_memory_MemAvailable_bytes[10m]) > 600
min_over_time(node_memory_MemAvailable_bytes[5m]) < 100 or max_over_time(node_memory_MemAvailable_bytes[5m]) > 900
timestamp(probe_success) < time() - 60
probe_success offset 5m != probe_success
clamp(node_memory_MemAvailable_bytes, 100, 900) == 900
last_over_time(probe_success[10m]) == 0
present_over_time(pg_settings_max_connections[3m]) > 0
minute() % 5 == 0 and on () probe_success == 0
vector(1) unless on () probe_success
vector(scalar(count(probe_success)) < bool 2) == 1
stddev by (job) (node_memory_MemAvailable_bytes) > 100
group by (instance) (probe_success == 0)
holt_winters(node_memory_MemAvailable_bytes[10m], 0.5, 0.5) > 500
"""

ANSWERS = """\
rate(c[5m])|increase(c[10m])|delta(g[5m])|irate(c[5m])|idelta(g[5m])|deriv(g[10m])|predict_linear(g[10m], 600)
avg_over_time(g[10m])|sum_over_time(g[10m])|min_over_time(g[10m])|max_over_time(g[10m])|count_over_time(g[10m])
last_over_time(g[10m])|present_over_time(g[10m])|quantile_over_time(0.3, g[10m])|stddev_over_time(g[10m])
stdvar_over_time(g[10m])|changes(g[10m])|resets(c[10m])|holt_winters(g[10m], 0.3, 0.7)|absent_over_time(g[1m])
abs(g)|ceil(g / 7)|floor(g / 7)|round(g / 7)|round(g, 5)|round(-g / 2)|clamp(g, 2, 50)|clamp_min(g, 3)|clamp_max(g, 3)
sqrt(g)|sgn(g - 20)|round(log2(g), 1e-9)|-g|+g|g % 7|g / 0|g ^ 2|2 ^ 3 ^ 2|-2 ^ 2|g * 2 + 1 - 3 / 4|g > 10|10 < g|g > bool 10
g == g|g != bool 10|g and h|g or h|g unless h|g and on (a) h|g or ignoring (b) h|g unless on (a) h
g + on (a, b) h|g / ignoring (c) group_left h|h - on (a) group_right (z) g|g * on (a, b) group_left (z) h
sum(g)|sum by (a) (g)|sum without (a) (g)|round(avg by (b) (g), 0.001)|min(g)|max by (a) (g)|count(g)|count by (a) (g)|group(g)
topk(2, g)|bottomk(2, g)|topk by (a) (1, g)|quantile(0.4, g)|quantile by (a) (0.9, g)|count_values("v", g)
count_values without (a) ("v", g)|round(stddev(g), 0.001)|stdvar by (a) (g)|sort(g)|sort_desc(g)|time()|vector(3)|scalar(h)
timestamp(g)|timestamp(g offset 1m)|timestamp(-g)|absent(n{a="1", b=~"x"})|absent(g)|absent(n{a="1", a="2"})
minute()|hour(g * 3600)|day_of_week(g * 86400)|day_of_month(g * 86400)|day_of_year(g * 86400)|month(g * 1e6)
year(g * 1e7)|days_in_month(g * 1e6)|minute(-g * 61)|g offset 5m|g offset -1m|g @ 300|rate(c[5m] @ 600)|g @ end()
rate(c[5m] offset 2m)|max_over_time(g[10m:1m])|sum_over_time((g + 1)[5m:30s])|rate(c[10m:2m])|avg_over_time(rate(c[2m])[10m:])
min_over_time(g[5m:1m] offset 3m)|sum_over_time(g[5m:1m] @ 900)|label_replace(g, "n", "x-$1", "a", "(.+)")
label_replace(g, "a", "", "a", ".*")|label_join(g, "n", "-", "a", "b")|label_replace(g, "n", "${x}z$$", "b", "(?P<x>.)")
histogram_quantile(0.5, rate(d_bucket[5m]))|histogram_quantile(0.9, sum by (le) (d_bucket))|histogram_quantile(2, d_bucket)
{__name__=~"g|h"}|{a="1"}|g{b!="y"}|g{a!~"1|2"}|g{z=""}|c offset 1m - c|round(sum(rate(c[5m])) by (a), 0.001) > 0|g > 5 < 40|pi()
rad(g)|deg(g)|0x1F + 010|1e3|.5|Inf|-Inf + 0|g atan2 h|count(g > 10) or vector(0)|g ==  bool g|10 - g|2 - 3 - 4
sum(g) + sum(h)|g * h|g / on (a, b) h > 1|h > bool on (a, b) g|(g)|((g + 1)) * 2|sum(topk(1, g))|max(g) - min(g)
"""


@dataclass(frozen=True)
class Ruleset:
    """A rule file and the metrics its rules ask about."""

    path: Path
    groups: RuleGroups
    text: str


@dataclass(frozen=True)
class Case:
    """A test of promtool, with our answers as what is expected."""

    rules: Path
    interval_ms: int
    test: dict[str, object]


def _alert_rules(name: str, expressions: str, rng: random.Random) -> str:
    """Write each expression as an alert with some `for` and `keep_firing_for`."""
    lines = ["groups:", f"  - name: {name}", "    rules:"]
    for index, expression in enumerate(expressions.splitlines()):
        lines.append(f"      - alert: {name}{index}")
        lines.append(f"        expr: {json.dumps(expression)}")
        lines.append(f"        for: {rng.choice(['0m', '1m', '2m', '5m', '10m'])}")
        if rng.random() < 0.3:
            lines.append(f"        keep_firing_for: {rng.choice(['1m', '3m', '5m'])}")
        lines.append('        labels: {severity: warning, of: "{{ $labels.job }}"}')
        value = '{{ printf "%.6g" $value }} {{ $labels.instance }} {{ $value | humanize }}'
        if "sum" in expression or "avg" in expression:
            # promtool adds up in a random order, which shows in the last digit.
            value = "{{ $labels.instance }}"
        lines.append(f"        annotations: {{value: {json.dumps(value)}}}")
    return "\n".join(lines) + "\n"


CHAIN = """\
groups:
  - name: chain
    rules:
      - record: job:requests:rate5m
        expr: sum by (job) (rate(http_requests_total[5m]))
        labels: {made: here}
      - record: probe:down
        expr: probe_success == 0
      - alert: Busy
        expr: job:requests:rate5m > 1
        for: 2m
      - alert: Down
        expr: probe:down or probe_success offset 10m == 0
        for: 1m
      - alert: BothFire
        expr: count(ALERTS{alertstate="firing", alertname=~"Busy|Down"}) >= 2
      - alert: LongPending
        expr: time() - ALERTS_FOR_STATE{alertname="Down"} >= 180
"""


def rulesets(directory: Path, rng: random.Random) -> list[Ruleset]:
    """Write the rule files and load them with our own loader; a problem ends the proof."""
    texts = {path.stem: path.read_text() for path in sorted(PACKS.glob("*/prometheus/*.yml"))}
    for part, start in enumerate(range(0, len(THRESHOLDS.splitlines()), 4)):
        name = f"threshold{part}x"
        texts[name] = _alert_rules(name, "\n".join(THRESHOLDS.splitlines()[start : start + 4]), rng)
    for part, start in enumerate(range(0, len(OTHERS.splitlines()), 4)):
        name = f"other{part}x"
        texts[name] = _alert_rules(name, "\n".join(OTHERS.splitlines()[start : start + 4]), rng)
    texts["chain"] = CHAIN
    for name, text in list(texts.items()):
        for group in load([(name, text)]).groups:
            if (twins := twin_group(group)) is not None:
                texts[f"{name}-{group.name}-twins"] = rule_file(twins)
    found = []
    for name, text in texts.items():
        path = directory / f"{name}.yml"
        path.write_text(text)
        groups = load([(path.name, text)])
        assert not groups.problems, groups.problems
        found.append(Ruleset(path, groups, text))
    return found


def _values(rng: random.Random, kind: str, length: int) -> str:
    """Write a series: a counter, a gauge, a flag, or a time, with gaps, an end and a late birth."""
    words: list[str] = []
    left = length
    if rng.random() < 0.3:
        words.append(f"_x{rng.randint(1, length // 2)}")
    level = float(rng.choice([0, 0, 3, 11, 60, 500]))
    while left > 0:
        span = rng.randint(1, 12)
        left -= span
        chance = rng.random()
        if chance < 0.08:
            words.append("stale")
        elif chance < 0.2:
            words.append(f"_x{span}")
        elif kind == "counter":
            if rng.random() < 0.12:
                level = float(rng.choice([0, 1, 5]))
            step = rng.choice([0, 0, 1, 2, 7.5, 30, 45, 60, 90, 150, 700])
            words.append(f"{level:g}+{step:g}x{span}")
            level += step * (span + 1)
        elif kind == "flag":
            words.append(f"{rng.choice([0, 1, 1])}x{span}")
        else:
            words.append(_gauge(rng, kind, span))
    return " ".join(words)


def _gauge(rng: random.Random, kind: str, span: int) -> str:
    if kind == "time":
        return f"{rng.choice([100, 1000, 5e5, 6e5, 2.59e6, 3e6]):g}x{span}"
    # No two series are ever equal, or topk would choose between them by chance.
    start = rng.choice([0, 1, 2, 20, 150, 400, 950, 1000]) + rng.randint(1, 1023) / 1024
    return f"{start}{rng.choice(['+', '-'])}{rng.choice([0, 0.5, 3, 17, 64])}x{span}"


_METRICS: dict[str, tuple[str, list[str]]] = {
    "agentidp_http_requests_total": ("counter", ['status_code="401"', 'status_code="200"']),
    "agentidp_tokens_issued_total": ("counter", ['scope="a"', 'scope="b"']),
    "agentidp_audit_chain_integrity": ("flag", [""]),
    "agentidp_audit_chain_last_verified_timestamp_seconds": ("time", [""]),
    "agentidp_webhook_dead_letters_total": ("counter", ['organization_id="o1"', 'organization_id="o2"']),
    "probe_success": ("flag", [""]),
    "probe_ssl_earliest_cert_expiry": ("time", [""]),
    "http_requests_total": ("counter", ['code="200"', 'code="404"', 'code="500"']),
    "http_request_duration_seconds_bucket": ("buckets", [""]),
    "http_request_duration_seconds_count": ("counter", [""]),
    "node_cpu_seconds_total": ("counter", ['mode="idle"', 'mode="user"']),
    "node_memory_MemAvailable_bytes": ("gauge", [""]),
    "node_memory_MemTotal_bytes": ("gauge", [""]),
    "node_filesystem_avail_bytes": ("gauge", ['mountpoint="/"', 'mountpoint="/v"']),
    "node_filesystem_size_bytes": ("gauge", ['mountpoint="/"', 'mountpoint="/v"']),
    "pg_stat_activity_count": ("gauge", ['state="idle"', 'state="active"']),
    "pg_settings_max_connections": ("gauge", [""]),
    "waf_blocked_requests_total": ("counter", ['rule="x"', 'rule="y"']),
}
_PER_CLIENT = {"agentidp_http_requests_total"}


def _series(rng: random.Random, metric: str, length: int) -> Iterator[dict[str, str]]:
    kind, variants = _METRICS[metric]
    for instance in rng.sample(["a:1", "b:2", "c:3"], rng.randint(1, 2)):
        for variant in variants:
            own = f'job="j{rng.randint(1, 1)}",instance="{instance}"' + (f",{variant}" if variant else "")
            if metric in _PER_CLIENT:
                own += f',client_id="c{rng.randint(1, 2)}"'
            if kind != "buckets":
                yield {"series": f"{metric}{{{own}}}", "values": _values(rng, kind, length)}
                continue
            height = 0
            for bound in ("0.1", "0.5", "1", "2.5", "+Inf"):
                height += rng.choice([0, 1, 5, 20])
                values = f"0+{height}x{length}"
                yield {"series": f'{metric}{{{own},le="{bound}"}}', "values": values}


def _samples(series: Sequence[dict[str, str]], interval_ms: int) -> list[object]:
    return [each for one in series for each in samples_of(one["series"], one["values"], interval_ms)]


def _clock(milliseconds: int) -> str:
    return f"{milliseconds // 1000}s"


def alert_case(rng: random.Random, ruleset: Ruleset) -> Case | None:
    """Make one case of alerts; None when a rule fails in it (then promtool has no alerts to compare)."""
    interval_ms = rng.choice([15_000, 30_000, 60_000])
    step_ms = rng.choice([30_000, 60_000])
    length = rng.randint(20, 60)
    metrics = [name for name in _METRICS if name in ruleset.text and rng.random() < 0.93]
    series = [each for name in metrics for each in _series(rng, name, length)]
    until_ms = length * interval_ms + rng.choice([0, 5, 10]) * MINUTE_MS
    rehearsal = Rehearsal(ruleset.groups.groups, _samples(series, interval_ms), step_ms)
    names = [rule.name for group in ruleset.groups.groups for rule in group.rules if hasattr(rule, "for_ms")]
    tests = []
    for moment in rehearsal.moments(until_ms):
        if moment.faults:
            return None
        for name in names:
            expected = [
                {
                    "exp_labels": {k: v for k, v in each.alert.labels if k != "alertname"},
                    "exp_annotations": dict(each.alert.annotations),
                }
                for each in moment.firing(name)
            ]
            tests.append({"eval_time": _clock(moment.at_ms), "alertname": name, "exp_alerts": expected})
    test = {"interval": _clock(interval_ms), "input_series": series, "alert_rule_test": tests}
    return Case(ruleset.path, step_ms, test)


def answer_case(rng: random.Random, rules: Path) -> Case:
    """Make one case of single answers: some expressions at some moments."""
    interval_ms = rng.choice([15_000, 30_000, 60_000])
    length = rng.randint(10, 50)
    series = []
    for metric, kind in (("c", "counter"), ("g", "gauge"), ("h", "gauge")):
        pairs = [("1", "x"), ("2", "x"), ("3", "y")] if metric != "h" else [("1", "x"), ("2", "x")]
        for a, b in pairs:
            more = f',z="{a}{b}"' if metric == "h" else f',c="{rng.randint(1, 2)}"'
            values = _values(rng, kind, length)
            series.append({"series": f'{metric}{{a="{a}",b="{b}"{more}}}', "values": values})
    height = 0
    for bound in ("-1", "0.5", "1", "+Inf"):
        height += rng.choice([0, 2, 8])
        series.append({"series": f'd_bucket{{le="{bound}"}}', "values": f"0+{height}x{length}"})
    rehearsal = Rehearsal([], _samples(series, interval_ms), MINUTE_MS)
    times = sorted(rng.randint(0, length * interval_ms // 1000) * 1000 for _ in range(8))
    list(rehearsal.moments(times[-1]))
    expressions = [each for line in ANSWERS.splitlines() for each in line.split("|")]
    tests: list[dict[str, object]] = [{"expr": "vector(1) > 1", "eval_time": _clock(times[-1])}]
    for expression, at_ms in zip(rng.sample(_rejoined(expressions), 8), times, strict=True):
        samples = _expected(rehearsal, expression, at_ms)
        if samples is not None:
            tests.append({"expr": expression, "eval_time": _clock(at_ms), "exp_samples": samples})
    return Case(
        rules, MINUTE_MS, {"interval": _clock(interval_ms), "input_series": series, "promql_expr_test": tests}
    )


def _rejoined(pieces: Sequence[str]) -> list[str]:
    """Put expressions together again that hold the separator in a pattern."""
    whole: list[str] = []
    for piece in pieces:
        if whole and whole[-1].count('"') % 2:
            whole[-1] += f"|{piece}"
        else:
            whole.append(piece)
    return whole


def _expected(rehearsal: Rehearsal, expression: str, at_ms: int) -> list[dict[str, object]] | None:
    """Return our answer as promtool expects it; None where it cannot be written: an error, or NaN."""
    try:
        answer = rehearsal.answer(expression, at_ms)
    except EvaluationFailed:
        return None
    points = [Point((), answer)] if isinstance(answer, float) else answer
    if any(math.isnan(point.value) and not is_stale(point.value) for point in points):
        return None
    written = []
    for labels, value in points:
        inner = ",".join(f"{name}={json.dumps(text)}" for name, text in labels)
        number = {math.inf: ".inf", -math.inf: "-.inf"}.get(value, value)
        written.append({"labels": f"{{{inner}}}", "value": number})
    return written


def differences(cases: Sequence[Case], directory: Path) -> list[str]:
    """Let promtool judge the cases; return what it says differs."""
    found: list[str] = []
    groups: dict[tuple[Path, int], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.rules, case.interval_ms), []).append(case)
    for number, ((rules, interval_ms), together) in enumerate(groups.items()):
        path = directory / f"test{number}.yml"
        whole = {
            "rule_files": [str(rules)],
            "evaluation_interval": _clock(interval_ms),
            "tests": [case.test for case in together],
        }
        text = json.dumps(whole)
        # Infinity is a bare word in YAML.
        path.write_text(re.sub(r'"value": "(-?\.inf)"', r'"value": \1', text))
        done = subprocess.run(
            ["promtool", "test", "rules", str(path)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            found.append(f"{path}: {done.stdout[-3000:]}{done.stderr[-3000:]}")
    return found


def run(cases: int, answers: int, seed: int, directory: Path) -> tuple[int, int, int, list[str]]:
    """Return how many cases, alerts looked at and answers there were, and the differences."""
    rng = random.Random(seed)
    sets = rulesets(directory, rng)
    made: list[Case] = []
    for number in range(cases):
        case = alert_case(rng, sets[number % len(sets)])
        while case is None:
            case = alert_case(rng, sets[number % len(sets)])
        made.append(case)
    empty = directory / "none.yml"
    empty.write_text("groups: []\n")
    asked = [answer_case(rng, empty) for _ in range(-(-answers // 8))]
    looked_at = sum(len(case.test["alert_rule_test"]) for case in made)  # type: ignore[arg-type]
    answered = sum(len(case.test["promql_expr_test"]) for case in asked)  # type: ignore[arg-type]
    firing = sum(
        bool(test["exp_alerts"])
        for case in made
        for test in case.test["alert_rule_test"]  # type: ignore
    )
    print(f"alert tests that expect something to fire: {firing}")
    return len(made), looked_at, answered, differences([*made, *asked], directory)


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare our evaluator with promtool.")
    parser.add_argument("--cases", type=int, default=600)
    parser.add_argument("--answers", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    if shutil.which("promtool") is None:
        print("promtool is not installed; on Debian it comes with the package prometheus", file=sys.stderr)
        return 2
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        cases, looked_at, answered, found = run(chosen.cases, chosen.answers, chosen.seed, Path(folder))
    print(f"cases of alerts   {cases}\nalert tests       {looked_at}\nsingle answers    {answered}")
    print(f"differences       {len(found)}\nseconds           {time.perf_counter() - start:.0f}")
    for difference in found:
        print(difference)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
