"""A real Prometheus writes its samples to us, and the end of a series is told from silence."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from programs import program, running
from served import Served, free_port, wait_for
from tocsin.domain.clock import SystemClock
from tocsin.domain.person import Role
from tocsin.domain.sample import LabelMatcher, MatchOp, is_stale
from tocsin.store.samples import DiskSamples

pytestmark = pytest.mark.real

CONFIG = """\
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: itself
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
remote_write:
  - url: http://127.0.0.1:{tocsin}/api/v1/write
    authorization: {{credentials_file: token}}
    queue_config: {{batch_send_deadline: 1s}}
"""
NO_TARGETS = 'targets: ["127.0.0.1:{port}"]'


def values(tocsin: Served, name: str) -> list[float]:
    """Return every value of the series of a name that lies in the home folder."""
    samples = DiskSamples(tocsin.home / "samples", SystemClock())
    matchers = [LabelMatcher("__name__", MatchOp.EQUAL, name), LabelMatcher("job", MatchOp.EQUAL, "itself")]
    return [value for series in samples.select(matchers, 0, 1 << 52) for value in series.values]


def test_samples_arrive_and_a_target_that_is_gone_ends_its_series(tocsin: Served, tmp_path: Path) -> None:
    binary = program("prometheus", "prometheus")
    tocsin.start()
    port = free_port()
    (tmp_path / "token").write_text(tocsin.token(Role.INGEST))
    config = CONFIG.format(port=port, tocsin=tocsin.port)
    (tmp_path / "prometheus.yml").write_text(config)
    command = [
        binary,
        "--config.file=prometheus.yml",
        f"--storage.tsdb.path={tmp_path / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-lifecycle",
    ]
    with running(command, tmp_path / "prometheus.log"):
        wait_for(lambda: len(values(tocsin, "up")) >= 3, 30, "three samples of `up`")
        assert set(values(tocsin, "up")) <= {0.0, 1.0}
        assert any(value > 0 for value in values(tocsin, "process_resident_memory_bytes"))

        (tmp_path / "prometheus.yml").write_text(config.replace(NO_TARGETS.format(port=port), "targets: []"))
        with suppress(httpx.TransportError):
            httpx.post(f"http://127.0.0.1:{port}/-/reload", timeout=10).raise_for_status()
        wait_for(lambda: any(map(is_stale, values(tocsin, "up"))), 20, "the end of the series")
        metrics = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    failed = [
        line for line in metrics.splitlines() if line.startswith("prometheus_remote_storage_samples_failed")
    ]
    assert all(line.endswith(" 0") for line in failed)
