"""Our routing of an `alertmanager.yml` against amtool: random trees and labels, the same receivers in order.

`python proofs/routes_differential.py [N] [--files F] [--seed S]`: N (10,000) label sets over trees of up to
forty routes, each asked of `amtool config routes test`; then F (1,000) files, most of them broken in one
place, for which `amtool check-config` and we must agree whether they load; what we show of a file that loads
must load in amtool and route alike. Ends with 1 when anything differs, having printed the file and labels.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from tocsin.domain.pack_file import PackProblem
from tocsin.oncall.alertmanager.effective import written_out
from tocsin.oncall.alertmanager.file import Configuration, parse_alertmanager
from tocsin.oncall.alertmanager.routes import matching

Labels = Mapping[str, str]

NAMES = ("alertname", "severity", "team", "service", "env", "cluster_2", "_x")
VALUES = (
    "",
    "critical",
    "warning",
    "db",
    "db-1",
    "web",
    "a,b",
    'say "hi"',
    "back\\slash",
    "two\nlines",
    "{x}",
    "Größe ✓",
    "a|b",
    "0",
    "true",
    " padded ",
)
PATTERNS = (
    ".*",
    ".+",
    "critical|warning",
    "db.*",
    "db(-[0-9]+)?",
    "(?i)CRITICAL",
    "",
    "^web$",
    "a.b",
    "[^a]*",
    "two.lines",
    r"\w+",
    r"say \"hi\"".replace("\\", ""),
    r"back\\slash",
    "\\pL+.*",
    "x{0,3}|0",
)
SETS_A_TREE = 40


def random_labels(rng: random.Random) -> Labels:
    """Return up to seven labels of few names and values, so that routes are hit often."""
    return {name: rng.choice(VALUES) for name in rng.sample(NAMES, rng.randint(2, 7))}


def random_file(rng: random.Random) -> dict[str, Any]:
    """Return a configuration whose every route has a receiver of its own, or inherits one."""
    receivers: list[str] = []
    root = _route(rng, receivers, depth=0)
    return {"route": root, "receivers": [{"name": name} for name in receivers]}


def _route(rng: random.Random, receivers: list[str], depth: int) -> dict[str, Any]:
    route: dict[str, Any] = {}
    if depth == 0 or rng.random() < 0.85:
        receivers.append(f"r{len(receivers)}")
        route["receiver"] = receivers[-1]
    if depth:
        route |= _conditions(rng)
        if rng.random() < 0.35:
            route["continue"] = True
    if rng.random() < 0.3:
        route["group_by"] = rng.choice((["..."], ["team"], ["alertname", "env"], []))
    if depth < 4 and len(receivers) < 40:
        route["routes"] = [
            _route(rng, receivers, depth + 1) for _ in range(rng.randint(0, 4 - depth) + 2 * (depth < 2))
        ]
    return route


def _conditions(rng: random.Random) -> dict[str, Any]:
    kind = rng.random()
    if kind < 0.15:
        return {"match": {name: rng.choice(VALUES) for name in rng.sample(NAMES, rng.randint(0, 2))}}
    if kind < 0.3:
        return {"match_re": {name: rng.choice(PATTERNS) for name in rng.sample(NAMES, rng.randint(1, 2))}}
    written = [_matcher(rng) for _ in range(rng.choice((0, 1, 1, 1, 2)))]
    if len(written) > 1 and rng.random() < 0.5:
        written = [rng.choice(("{%s}", "%s", "%s,", "{ %s , }")) % " , ".join(written)]
    return {"matchers": written}


def _matcher(rng: random.Random) -> str:
    operator = rng.choice(("=", "!=", "=~", "!~", "=", "=~"))
    value = rng.choice(PATTERNS if operator.endswith("~") else VALUES)
    gap = rng.choice(("", " "))
    is_bare = value.isalnum() and rng.random() < 0.5
    return f"{rng.choice(NAMES)}{gap}{operator}{gap}{value if is_bare else quoted(value)}"


def quoted(value: str) -> str:
    """Return a value in double quotes, as matchers and amtool's arguments take it."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


@dataclass
class Tally:
    """What was compared and what came out otherwise."""

    label_sets: int = 0
    several: int = 0
    files: int = 0
    refused: int = 0
    differences: list[str] = field(default_factory=list)


def amtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run amtool and return what it said."""
    return subprocess.run(["amtool", *arguments], capture_output=True, text=True, check=False)


def routed(path: Path, labels: Labels) -> str:
    """Return the receivers that amtool names, comma-separated."""
    arguments = [f"{name}={quoted(value)}" for name, value in labels.items()]
    done = amtool("config", "routes", "test", f"--config.file={path}", *arguments)
    return done.stdout.strip() if done.returncode == 0 else f"refused: {done.stderr.strip()}"


def compare_routes(sets: int, seed: int, folder: Path) -> Tally:
    """Ask both sides where random labels go."""
    tally, rng = Tally(), random.Random(seed)
    with ThreadPoolExecutor(4) as pool:
        while tally.label_sets < sets:
            text = written_out(random_file(rng))
            path = folder / "alertmanager.yml"
            path.write_text(text, encoding="utf-8")
            ours = parse_alertmanager(text, str(path))
            asked = [random_labels(rng) for _ in range(min(SETS_A_TREE, sets - tally.label_sets))]
            for labels, theirs in zip(asked, pool.map(partial(routed, path), asked), strict=True):
                mine = [route.receiver for route in matching(ours.root, labels)]
                tally.label_sets += 1
                tally.several += len(mine) > 1
                if ",".join(mine) != theirs:
                    tally.differences.append(f"{text}\n{labels}\nours {mine}\namtool {theirs}")
    return tally


def compare_files(files: int, seed: int, folder: Path) -> Tally:
    """Ask both sides whether random files load, and whether what we show of them loads and routes alike."""
    tally, rng = Tally(), random.Random(seed)
    path, again = folder / "alertmanager.yml", folder / "shown.yml"
    for _ in range(files):
        text = _file_text(rng)
        path.write_text(text, encoding="utf-8")
        done = amtool("check-config", str(path))
        ours = _parsed(text, path)
        tally.files += 1
        tally.refused += isinstance(ours, PackProblem)
        if isinstance(ours, PackProblem) is not (done.returncode != 0):
            said = ours if isinstance(ours, PackProblem) else "we load it"
            tally.differences.append(f"{text}\n{said}\namtool: {done.stdout}{done.stderr[-300:]}")
        elif isinstance(ours, Configuration):
            tally.differences += _shown_alike(ours, again, random_labels(rng))
    return tally


def _parsed(text: str, path: Path) -> Configuration | PackProblem:
    try:
        return parse_alertmanager(text, str(path))
    except PackProblem as problem:
        return problem


def _shown_alike(ours: Configuration, path: Path, labels: Labels) -> Iterator[str]:
    path.write_text(ours.original, encoding="utf-8")
    mine = ",".join(route.receiver for route in matching(ours.root, labels))
    theirs = routed(path, labels)
    if mine != theirs:
        yield f"what we show:\n{ours.original}\n{labels}\nours {mine}\namtool {theirs}"


def _file_text(rng: random.Random) -> str:
    """Return a whole file with integrations and intervals, most often with one line changed."""
    written = random_file(rng)
    _furnish(rng, written)
    if rng.random() < 0.6:
        rng.choice(BREAKS)(rng, written)
    return written_out(written)


def _furnish(rng: random.Random, written: dict[str, Any]) -> None:
    written["global"] = {"resolve_timeout": rng.choice(("5m", "1h30m", "90s", "1d"))}
    written["global"] |= rng.choice(({}, *[{"slack_api_url": "https://hooks.example/T/B/x"}] * 9))
    written["global"] |= rng.choice(({}, *[{"smtp_smarthost": "mail:25", "smtp_from": "t@example.com"}] * 9))
    written["global"] |= rng.choice(({}, *[{"opsgenie_api_key": "k"}] * 9))
    written["time_intervals"] = [
        {"name": "nights", "time_intervals": [_interval(rng)]},
        {"name": "empty", "time_intervals": []},
    ]
    written["inhibit_rules"] = [
        {"source_matchers": [_matcher(rng)], "target_match": {"a": "b"}, "equal": ["env"]}
    ]
    for receiver in written["receivers"]:
        for _ in range(rng.choice((0, 0, 0, 1))):
            kind, settings = rng.choice(INTEGRATIONS)
            receiver.setdefault(f"{kind}_configs", []).append(dict(settings))
    for route in written["route"].get("routes", ()):
        if rng.random() < 0.3:
            route[rng.choice(("mute_time_intervals", "active_time_intervals"))] = ["nights"]
            route["group_wait"] = rng.choice(("0s", "10s", "1m30s"))


def _interval(rng: random.Random) -> dict[str, Any]:
    parts = {
        "times": [{"start_time": "22:00", "end_time": rng.choice(("24:00", "23:59"))}],
        "weekdays": [rng.choice(("monday:friday", "Saturday", "sunday:tuesday"))],
        "days_of_month": [rng.choice(("1:5", "-3:-1", "15", "10:-1"))],
        "months": [rng.choice(("1:3", "december", "may:august", "january:2"))],
        "years": [rng.choice(("2026", "2026:2030"))],
        "location": rng.choice(("UTC", "Europe/Berlin", "Australia/Lord_Howe")),
    }
    return {name: parts[name] for name in rng.sample(tuple(parts), rng.randint(0, 4))}


INTEGRATIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("webhook", {"url": "http://127.0.0.1:5001/hook"}),
    ("webhook", {"url": "https://u:p@example.com/x?y=z", "max_alerts": 3, "send_resolved": False}),
    ("slack", {"channel": "#ops", "api_url": "https://hooks.example/x"}),
    ("slack", {"channel": "#ops"}),
    ("email", {"to": "ada@example.com"}),
    ("email", {"to": "ada@example.com", "from": "t@example.com", "smarthost": "mail:587"}),
    ("pagerduty", {"routing_key": "r", "details": {"a": "{{ .Status }}"}}),
    ("opsgenie", {"api_key": "k", "responders": [{"name": "ops", "type": "Team"}]}),
    ("opsgenie", {"message": "m"}),
    ("victorops", {"api_key": "k", "routing_key": "r"}),
    ("pushover", {"user_key": "u", "token": "t", "retry": "30s"}),
    ("telegram", {"bot_token": "t", "chat_id": -100123}),
    ("discord", {"webhook_url": "https://discord.example/x"}),
    ("sns", {"topic_arn": "arn:aws:sns:eu-west-1:1:t", "sigv4": {"region": "eu-west-1"}}),
    ("webex", {"room_id": "r", "http_config": {"authorization": {"credentials": "t"}}}),
    ("wechat", {"api_secret": "s", "corp_id": "c"}),
    ("webhook", {"url": "http://h/", "http_config": {"basic_auth": {"username": "u", "password": "p"}}}),
    ("webhook", {"url": "http://h/", "http_config": {"bearer_token": "t", "proxy_url": "http://p:3128"}}),
)


def _break_route(rng: random.Random, written: dict[str, Any]) -> None:
    """Change one route, the root included."""
    route = written["route"]
    while route.get("routes") and rng.random() < 0.6:
        route = rng.choice(route["routes"])
    name, value = rng.choice(ROUTE_CHANGES)
    if value is DROPPED:
        route.pop(name, None)
    else:
        route[name] = value


def _break_receiver(rng: random.Random, written: dict[str, Any]) -> None:
    receiver = rng.choice(written["receivers"])
    kind, settings = rng.choice(RECEIVER_CHANGES)
    receiver[kind] = settings


def _break_top(rng: random.Random, written: dict[str, Any]) -> None:
    name, value = rng.choice(TOP_CHANGES)
    if value is DROPPED:
        written.pop(name, None)
    elif isinstance(value, dict) and isinstance(written.get(name), dict):
        written[name] = {**written[name], **value}
    else:
        written[name] = value


def _break_interval(rng: random.Random, written: dict[str, Any]) -> None:
    name, value = rng.choice(INTERVAL_CHANGES)
    written["time_intervals"][0]["time_intervals"] = [{name: value}]


DROPPED = object()
BREAKS = (_break_route, _break_receiver, _break_top, _break_interval)
ROUTE_CHANGES: tuple[tuple[str, Any], ...] = (
    ("receiver", "nobody"),
    ("receiver", DROPPED),
    ("receiver", ""),
    ("group_by", ["a", "a"]),
    ("group_by", ["...", "a"]),
    ("group_by", "a"),
    ("group_wait", "0"),
    ("group_wait", "1.5m"),
    ("group_interval", "0s"),
    ("repeat_interval", "0s"),
    ("repeat_interval", "1w2d"),
    ("repeat_interval", "2d1w"),
    ("repeat_interval", 30),
    ("repeat_interval", "300y"),
    ("group_interval", "1y1ms"),
    ("group_interval", ""),
    ("matchers", ["a"]),
    ("matchers", ["a=b"]),
    ("matchers", ["a=~("]),
    ("matchers", ["a=~(?=x)"]),
    ("matchers", ['a="b']),
    ("matchers", ['a=b"']),
    ("matchers", ['a=b\\"']),
    ("matchers", ["a=b,,c=d"]),
    ("matchers", ["a=b,c=d,"]),
    ("matchers", ["{}"]),
    ("matchers", ["{a=b"]),
    ("matchers", ["{{a=b}}"]),
    ("matchers", [""]),
    ("matchers", "a=b"),
    ("matchers", ['a="b,c"']),
    ("matchers", ["a=\\"]),
    ("match", {"a": 1}),
    ("match", {"a": ["b"]}),
    ("match_re", {"a": "*"}),
    ("match_re", {"a": "[a"}),
    ("match_re", {"a": 5}),
    ("continue", True),
    ("continue", "perhaps"),
    ("mute_time_intervals", ["nights"]),
    ("mute_time_intervals", ["unknown"]),
    ("active_time_intervals", ["unknown"]),
    ("active_time_intervals", ["empty"]),
    ("routes", {"receiver": "r0"}),
    ("colour", "red"),
)
RECEIVER_CHANGES: tuple[tuple[str, Any], ...] = (
    ("name", ""),
    ("name", "r0"),
    ("webhook_configs", [{}]),
    ("webhook_configs", [{"url": "ftp://x"}]),
    ("webhook_configs", [{"url": "http://"}]),
    ("webhook_configs", [{"url": "http://h", "max_alerts": -1}]),
    ("webhook_configs", [{"url": "http://h", "max_alerts": "many"}]),
    ("webhook_configs", [{"url": "http://h", "colour": "red"}]),
    ("webhook_configs", [{"url": "http://h:port"}]),
    ("webhook_configs", [{"url": "http://h/%zz"}]),
    ("webhook_configs", {"url": "http://h"}),
    (
        "webhook_configs",
        [{"url": "http://h", "http_config": {"bearer_token": "a", "bearer_token_file": "b"}}],
    ),
    ("webhook_configs", [{"url": "http://h", "http_config": {"basic_auth": {}, "bearer_token": "a"}}]),
    ("webhook_configs", [{"url": "http://h", "http_config": {"authorization": {"type": "Basic"}}}]),
    ("webhook_configs", [{"url": "http://h", "http_config": {"oauth2": {"client_id": "i"}}}]),
    ("webhook_configs", [{"url": "http://h", "http_config": {"tls_config": {"min_version": "TLS9"}}}]),
    ("webhook_configs", [{"url": "http://h", "http_config": {"tls_config": {"min_version": "TLS12"}}}]),
    ("slack_configs", [{"api_url": "https://h", "api_url_file": "f"}]),
    ("slack_configs", [{"api_url": "https://h", "fields": [{"title": "t"}]}]),
    ("slack_configs", [{"api_url": "https://h", "fields": [{"title": "t", "value": "v", "short": True}]}]),
    ("slack_configs", [{"api_url": "https://h", "actions": [{"type": "button", "text": "t"}]}]),
    ("slack_configs", [{"api_url": "https://h", "actions": [{"type": "button", "text": "t", "url": "u"}]}]),
    ("slack_configs", [{"api_url": "<secret>"}]),
    ("email_configs", [{"from": "a"}]),
    ("email_configs", [{"to": "a", "from": "b", "smarthost": "mail"}]),
    (
        "email_configs",
        [{"to": "a", "from": "b", "smarthost": "m:1", "headers": {"subject": "1", "Subject": "2"}}],
    ),
    ("email_configs", [{"to": "a", "from": "b", "smarthost": "m:1", "http_config": {}}]),
    ("pagerduty_configs", [{"routing_key": "a", "routing_key_file": "b"}]),
    ("pagerduty_configs", [{"service_key_file": "b", "links": [{"href": "h"}], "images": [{"src": "s"}]}]),
    ("opsgenie_configs", [{"api_key": "k", "responders": [{"type": "team"}]}]),
    ("opsgenie_configs", [{"api_key": "k", "responders": [{"id": "i", "type": "owner"}]}]),
    ("opsgenie_configs", [{"api_key": "k", "api_key_file": "f"}]),
    ("victorops_configs", [{"api_key": "k"}]),
    ("victorops_configs", [{"api_key": "k", "routing_key": "r", "custom_fields": {"entity_id": "x"}}]),
    ("pushover_configs", [{"user_key": "u"}]),
    ("pushover_configs", [{"user_key": "u", "token": "t", "retry": "1x"}]),
    ("telegram_configs", [{"bot_token": "t"}]),
    ("telegram_configs", [{"bot_token": "t", "chat_id": 1, "parse_mode": "Word"}]),
    ("discord_configs", [{}]),
    ("sns_configs", [{}]),
    ("sns_configs", [{"topic_arn": "t", "phone_number": "p"}]),
    ("sns_configs", [{"topic_arn": "t", "sigv4": {"access_key": "a"}}]),
    ("webex_configs", [{"room_id": "r"}]),
    ("webex_configs", [{"http_config": {"authorization": {"credentials": "t"}}}]),
    ("wechat_configs", [{"api_secret": "s"}]),
    ("wechat_configs", [{"api_secret": "s", "corp_id": "c", "message_type": "image"}]),
    ("carrier_pigeon_configs", [{}]),
)
TOP_CHANGES: tuple[tuple[str, Any], ...] = (
    ("route", DROPPED),
    ("receivers", DROPPED),
    ("global", DROPPED),
    ("global", {"resolve_timeout": "soon"}),
    ("global", {"slack_api_url": "https://h", "slack_api_url_file": "f"}),
    ("global", {"smtp_auth_password": "p", "smtp_auth_password_file": "f"}),
    ("global", {"smtp_smarthost": "mail"}),
    ("global", {"smtp_smarthost": "mail:"}),
    ("global", {"smtp_require_tls": "maybe"}),
    ("global", {"colour": "red"}),
    ("global", {"http_config": {"proxy_url": "http://proxy:3128", "follow_redirects": False}}),
    ("global", {"opsgenie_api_url": "opsgenie"}),
    ("colour", "red"),
    ("templates", ["*.nothing"]),
    ("templates", "*.nothing"),
    ("inhibit_rules", [{"source_match": {"a": "b"}, "target_match_re": {"c": "("}}]),
    ("inhibit_rules", [{"source_matchers": ["a"], "target_matchers": ["b=c"]}]),
    ("inhibit_rules", [{"target_matchers": ["b=c"], "equal": ["x", "y"]}]),
    ("inhibit_rules", [{"equal": "x"}]),
    ("inhibit_rules", [{"sources": ["x"]}]),
    ("time_intervals", [{"name": "nights"}, {"name": "nights"}]),
    ("time_intervals", [{"time_intervals": []}]),
    ("mute_time_intervals", [{"name": "nights", "time_intervals": []}]),
    ("mute_time_intervals", [{"name": "days", "time_intervals": [{"weekdays": ["monday"]}]}]),
)
INTERVAL_CHANGES: tuple[tuple[str, Any], ...] = (
    ("times", [{"start_time": "09:00", "end_time": "08:00"}]),
    ("times", [{"start_time": "09:00"}]),
    ("times", [{"start_time": "9:00", "end_time": "10:00"}]),
    ("times", [{"start_time": "00:00", "end_time": "24:00"}]),
    ("times", [{"start_time": "00:00", "end_time": "24:01"}]),
    ("weekdays", ["friday:monday"]),
    ("weekdays", ["mon"]),
    ("weekdays", ["monday:tuesday:friday"]),
    ("weekdays", "monday"),
    ("days_of_month", ["0"]),
    ("days_of_month", ["32"]),
    ("days_of_month", ["-32:-1"]),
    ("days_of_month", ["-5:5"]),
    ("days_of_month", ["30:-30"]),
    ("days_of_month", ["5:-10"]),
    ("days_of_month", ["five"]),
    ("days_of_month", ["31:1"]),
    ("months", ["march:january"]),
    ("months", ["smarch"]),
    ("months", ["12"]),
    ("years", ["2030:2026"]),
    ("years", ["next"]),
    ("location", "Mars/Olympus"),
    ("location", ""),
    ("location", "Europe/Kyiv"),
    ("hours", ["1"]),
)


def main() -> int:
    """Compare, print the table, and return 1 when anything differs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("sets", type=int, nargs="?", default=10_000)
    parser.add_argument("--files", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if shutil.which("amtool") is None:
        print("amtool is not installed (Debian: prometheus-alertmanager)")
        return 1
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        routes = compare_routes(asked.sets, asked.seed, Path(scratch))
        files = compare_files(asked.files, asked.seed, Path(scratch))
    print(f"label sets         {routes.label_sets}")
    print(f"  with several     {routes.several}")
    print(f"  differences      {len(routes.differences)}")
    print(f"files              {files.files}")
    print(f"  refused          {files.refused}")
    print(f"  differences      {len(files.differences)}")
    print(f"seconds            {time.monotonic() - begun:.0f}")
    for difference in (*routes.differences[:1], *files.differences[:5]):
        print(f"\n{difference}")
    return 1 if routes.differences or files.differences else 0


if __name__ == "__main__":
    sys.exit(main())
