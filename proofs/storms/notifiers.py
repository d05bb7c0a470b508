"""Notifiers of an `alertmanager.yml` that misbehave: no other is delayed by more than a second, nothing dies.

Each alert is a group of its own and goes to six receivers: two that are well, and four that answer 200 with
nonsense, answer 50 MB, drip their answer, or have a template that cannot be carried out. The same alerts are
posted before that to the same six while all are well, twice; their difference is the noise floor.
"""

from __future__ import annotations

import math

from partners import Partner, answering, dripping, flooding, serving
from rig import Figures, Load, Rig, load_average, percentile, rig, wait

from tocsin.domain.person import Role

BAR_S = 1.0
WELL = ("hook", "chat")
SICK = ("malformed", "huge", "drip", "torn")
FILE = """\
route:
  receiver: hook
  group_by: [alertname]
  group_wait: 1s
  group_interval: 1m
  repeat_interval: 1h
  routes:
    - {{receiver: malformed, continue: true}}
    - {{receiver: huge, continue: true}}
    - {{receiver: drip, continue: true}}
    - {{receiver: torn, continue: true}}
    - {{receiver: chat, continue: true}}
    - {{receiver: hook}}
receivers:
  - {{name: hook, webhook_configs: [{{url: "{url}/hook"}}]}}
  - {{name: chat, slack_configs: [{{api_url: "{url}/chat", channel: "#ops", text: "{title}"}}]}}
  - {{name: malformed, telegram_configs: [{{api_url: "{url}/malformed", bot_token: t, chat_id: 1}}]}}
  - {{name: huge, webhook_configs: [{{url: "{url}/huge"}}]}}
  - {{name: drip, webhook_configs: [{{url: "{url}/drip"}}]}}
  - {{name: torn, slack_configs: [{{api_url: "{url}/torn", channel: "#ops", text: "{torn}"}}]}}
"""
TITLE = "{{ .CommonLabels.alertname }}"
TORN = "{{ (index .Alerts 99).Labels.alertname }} {{ .Nothing.At.All }}"


def prove(seconds: float = 20.0, a_second: float = 2.0) -> Figures:
    """Post for `seconds` in each of three runs."""
    figures = Figures("notifier isolation")
    with rig() as one, serving(Partner()) as partner:
        partner.manners["chat"] = partner.manners["torn"] = answering(200, b"ok")
        file = one.served.pack("alertmanager.yml", FILE.format(url=partner.url, title=TITLE, torn=TITLE))
        runs = []
        with one.started():
            for name in ("calma", "calmb"):
                runs.append(_run(one, partner, figures, f"Q{name}x", seconds, a_second))
            floor = max(abs(runs[0][each] - runs[1][each]) for each in WELL)
            usual = {each: max(runs[0][each], runs[1][each]) for each in WELL}
            figures.said(
                f"slowest while all are well: {_shown(usual)}; noise floor {floor:.2f} s; "
                f"load {load_average()}"
            )
            file.write_text(FILE.format(url=partner.url, title=TITLE, torn=TORN))
            answer = one.served.post("/-/reload", one.token(Role.ADMIN))
            figures.demand(answer.status_code == 200, f"the file was not read anew: {answer.text[:200]}")
            partner.manners |= {
                "malformed": answering(200, b'["no", "result"]'),
                "huge": flooding,
                "drip": dripping,
            }
            stormy = _run(one, partner, figures, "Qstormx", seconds, a_second)
            figures.said(f"slowest in the storm: {_shown(stormy)}")
            for each in WELL:
                delayed = stormy[each] - usual[each]
                figures.demand(delayed <= BAR_S + floor, f"{each} was delayed by {delayed:.2f} s")
            for each in SICK:
                figures.demand(partner.asked[each], f"{each} was never asked")
            figures.demand(one.served.process and one.served.process.poll() is None, "the process ended")
            figures.said(f"memory {one.served.memory_mb()} MB")
    return figures


def _run(
    one: Rig, partner: Partner, figures: Figures, prefix: str, seconds: float, a_second: float
) -> dict[str, float]:
    """Return how long (s) the slowest alert took to each that is well; infinite where one is missing."""
    load = Load(one.served, one.token(Role.INGEST), prefix, {"severity": "none"})
    load.run(seconds, a_second)
    figures.accepted += len(load.accepted)
    slowest = {}
    for each in WELL:
        mark = f"/{each}".encode()
        wait(lambda mark=mark: load.accepted.keys() <= partner.firsts(mark).keys(), 90)  # type: ignore[misc]
        told = partner.firsts(mark)
        missing = load.accepted.keys() - told.keys()
        figures.lost += len(missing)
        figures.sent += len(load.accepted) - len(missing)
        figures.demand(not missing, f"{prefix}: {each} was never told of {len(missing)} alerts")
        took = [told[name] - load.posted[name] for name in load.accepted if name in told]
        slowest[each] = math.inf if missing else percentile(took, 1)
        figures.late(percentile(took, 1))
        times = [name for got in partner.got if mark in got.path.encode() for name in got.names]
        figures.duplicates += len(times) - len(set(times))
    return slowest


def _shown(slowest: dict[str, float]) -> str:
    return ", ".join(f"{name} {seconds:.2f} s" for name, seconds in slowest.items())
