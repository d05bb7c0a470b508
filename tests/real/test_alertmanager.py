"""A real Alertmanager posts its groups to /hooks/alertmanager/<key>; each alert's own status counts."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from programs import program, running
from served import Served, free_port, wait_for
from tocsin.domain.alert import Alert
from tocsin.domain.person import Role

pytestmark = pytest.mark.real

# The repeat comes with a tick of the group's interval, so both are as short as they can be.
CONFIG = """\
route: {{receiver: tocsin, group_by: [alertname], group_wait: 1s, group_interval: 1s, repeat_interval: 1s}}
receivers:
  - name: tocsin
    webhook_configs:
      - {{url: "http://127.0.0.1:{port}/hooks/alertmanager/{key}", send_resolved: true}}
templates: ["templates/*.tmpl"]
"""
HOSTS = ("db-1", "db-2", "db-3")


@dataclass
class Alertmanager:
    """A running Alertmanager whose only receiver is one Tocsin."""

    url: str
    amtool: str

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/-/ready", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def fires(self, *hosts: str) -> None:
        """Let one alert a host fire, as a person would with amtool."""
        for host in hosts:
            self._tell(host, [])

    def ends(self, *hosts: str) -> None:
        now = datetime.now(UTC)
        span = [f"--start={(now - timedelta(minutes=1)).isoformat()}", f"--end={now.isoformat()}"]
        for host in hosts:
            self._tell(host, span)

    def _tell(self, host: str, span: list[str]) -> None:
        labels = ["alertname=DatabaseDown", f"instance={host}", "severity=critical", "service=orders"]
        words = ["--annotation=summary=A database does not answer."]
        command = [self.amtool, f"--alertmanager.url={self.url}", "alert", "add", *words, *span, *labels]
        subprocess.run(command, check=True, capture_output=True, timeout=20)

    def notifications(self, *, failed: bool = False) -> float:
        """Return its own count of webhooks sent, or of those that failed."""
        name = f"alertmanager_notifications_{'failed_' if failed else ''}total"
        wanted = f'{name}{{integration="webhook"'
        lines = httpx.get(f"{self.url}/metrics", timeout=5).text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(wanted))


@contextmanager
def alertmanager(tocsin: Served, folder: Path, key: str) -> Iterator[Alertmanager]:
    binary, amtool = (
        program("prometheus-alertmanager", "prometheus-alertmanager"),
        program("amtool", "prometheus-alertmanager"),
    )
    # Alertmanager loads its own templates from the package's folder, and refuses a folder that is not there.
    (folder / "templates").mkdir()
    (folder / "alertmanager.yml").write_text(CONFIG.format(port=tocsin.port, key=key))
    port = free_port()
    command = [
        binary,
        "--config.file=alertmanager.yml",
        f"--storage.path={folder / 'kept'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    log = folder / "alertmanager.log"
    with running(command, log):
        sender = Alertmanager(f"http://127.0.0.1:{port}", amtool)
        wait_for(sender.is_ready, 30, f"a ready Alertmanager; see {log}")
        yield sender


def alerts(tocsin: Served) -> dict[str, Alert]:
    """Return the alerts Tocsin keeps, by host."""
    with tocsin.store() as store, store.reading() as shelves:
        return {alert.labels["instance"]: alert for alert in shelves.alerts.recent()}


def firing(tocsin: Served) -> set[str]:
    now = datetime.now(UTC)
    return {host for host, alert in alerts(tocsin).items() if not alert.is_resolved(now)}


def test_each_alert_of_a_group_lives_and_ends_on_its_own_and_a_repeat_changes_nothing(
    any_tocsin: Served, tmp_path: Path
) -> None:
    any_tocsin.start()
    reader = any_tocsin.token(Role.VIEWER)
    with alertmanager(any_tocsin, tmp_path, any_tocsin.token(Role.INGEST)) as sender:
        sender.fires(*HOSTS)
        wait_for(lambda: firing(any_tocsin) == set(HOSTS), 20, "three alerts of one group")
        assert [(i["id"], i["status"], i["severity"]) for i in any_tocsin.incidents(reader)] == [
            ("INC-1", "open", "P1")
        ]

        before = wait_for(lambda: _settled(any_tocsin, reader), 20, "a timeline at rest")
        sent = sender.notifications()
        wait_for(lambda: sender.notifications() >= sent + 2, 30, "the group told again")
        assert any_tocsin.timeline(reader, "INC-1") == before

        sender.ends("db-2")
        wait_for(lambda: firing(any_tocsin) == {"db-1", "db-3"}, 20, "the end of one alert of three")
        assert any_tocsin.incidents(reader)[0]["status"] == "open"

        sender.ends("db-1", "db-3")
        wait_for(lambda: any_tocsin.incidents(reader)[0]["status"] == "resolved", 20, "a resolved incident")
        kinds = any_tocsin.timeline(reader, "INC-1")
        assert kinds.count("alert.resolved") == len(HOSTS)
        assert kinds.count("page.requested") == 1
        assert len(alerts(any_tocsin)) == len(HOSTS)
        assert sender.notifications(failed=True) == 0


def test_a_webhook_with_a_wrong_key_is_refused_and_opens_nothing(tocsin: Served, tmp_path: Path) -> None:
    tocsin.start()
    reader = tocsin.token(Role.VIEWER)
    with alertmanager(tocsin, tmp_path, "not-a-key") as sender:
        sender.fires("db-1")
        wait_for(lambda: sender.notifications(failed=True) >= 1, 20, "a refused webhook")
        assert tocsin.incidents(reader) == []


def _settled(tocsin: Served, reader: str) -> list[str] | None:
    """Return the timeline once all that the opening causes has been done."""
    kinds = tocsin.timeline(reader, "INC-1")
    done = {"page.delivered", "notice.delivered", "exhibit.kept"}
    return kinds if done <= set(kinds) and kinds.count("alert.joined") == len(HOSTS) - 1 else None
