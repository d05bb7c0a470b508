"""Tests of reading maintenance windows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tocsin.domain.pack_file import PackProblem
from tocsin.domain.silence import SilenceState
from tocsin.triage.maintenance import FOREVER, parse_maintenance
from tocsin.triage.silence_rules import is_planned
from tocsin.triage.silencing import state_of

SHIPPED = Path(__file__).resolve().parents[2] / "packs" / "baseline" / "maintenance.yml"
KEYS = {
    "name": "patching",
    "owner": "ada",
    "reason": "Kernels.",
    "matchers": "[service = web]",
    "rule": "FREQ=MONTHLY;BYDAY=1SU",
    "at": '"02:00"',
    "zone": "Europe/Berlin",
    "lasts": "2h",
}


def window(**changes: str | None) -> str:
    keys = {name: value for name, value in {**KEYS, **changes}.items() if value is not None}
    return "windows: [{" + ", ".join(f"{name}: {value}" for name, value in keys.items()) + "}]"


def test_a_window_is_a_silence_that_recurs_at_its_local_time() -> None:
    (silence,) = parse_maintenance(window(), "maintenance.yml")
    assert is_planned(silence)
    assert (silence.owner, silence.comment, silence.ends_at) == ("ada", "Kernels.", FOREVER)
    summer = datetime(2026, 7, 5, 0, 30, tzinfo=UTC)
    winter = datetime(2026, 12, 6, 1, 30, tzinfo=UTC)
    for inside in (summer, winter):
        assert state_of(silence, inside) is SilenceState.ACTIVE
        assert state_of(silence, inside + timedelta(hours=2)) is SilenceState.PENDING


def test_its_id_is_made_of_its_name() -> None:
    first, second = (parse_maintenance(window(reason=reason), "m")[0] for reason in ("A.", "B."))
    assert first.silence_id == second.silence_id
    assert parse_maintenance(window(name="other"), "m")[0].silence_id != first.silence_id


def test_a_window_can_begin_and_end() -> None:
    (silence,) = parse_maintenance(window(starts="2026-03-01", until="2026-06-30"), "m")
    assert silence.starts_at == datetime(2026, 3, 1, 1, tzinfo=UTC)
    assert f"{silence.ends_at:%Y-%m-%d %H:%M}" == "2026-06-30 21:59"


def test_without_windows_there_are_none() -> None:
    assert parse_maintenance("", "m") == ()
    assert parse_maintenance(SHIPPED.read_text("utf-8"), "m") == ()


@pytest.mark.parametrize(
    "text",
    [
        window(owner=None),
        window(rule="FREQ=HOURLY"),
        window(lasts="8d"),
        window(matchers="[]"),
        window(matchers="['a != b']"),
        window(zone="Moon"),
        "windows: [" + ", ".join(window().removeprefix("windows: [").removesuffix("]") for _ in "ab") + "]",
    ],
)
def test_a_mistake_is_found(text: str) -> None:
    with pytest.raises(PackProblem):
        parse_maintenance(text, "maintenance.yml")
