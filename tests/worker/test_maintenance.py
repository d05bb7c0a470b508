from __future__ import annotations

from tocsin.app.hushing import hush_of
from tocsin.triage.maintenance import parse_maintenance
from tocsin.worker.maintenance import Maintenance

WINDOWS = """
windows:
  - {name: patching, owner: ada, reason: Kernels., matchers: [service = web], rule: FREQ=DAILY, at: "12:00",
     zone: UTC, lasts: 1h}
"""


def test_windows_of_the_packs_are_in_force_from_the_first_round(app) -> None:
    windows = parse_maintenance(WINDOWS, "maintenance.yml")
    assert Maintenance(hush_of(app), windows).round() > 0
    assert hush_of(app).listed() == windows
