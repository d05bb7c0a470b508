from __future__ import annotations

from pathlib import Path

import pytest

from nouns import NOON
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import Misconfigured
from tocsin.worker.inlets import inlets


def _names(tmp_path: Path, store, **values: str) -> list[str]:
    app = build_app(load_settings(values, home=tmp_path), clock=PushedClock(NOON), store=store)
    return [loop.name for loop in inlets(app)]


def test_without_settings_nothing_is_listened_to_or_asked(tmp_path, memory_store) -> None:
    assert _names(tmp_path, memory_store) == []


def test_syslog_is_listened_to_where_a_port_is_set(tmp_path, memory_store) -> None:
    assert _names(tmp_path, memory_store, TOCSIN_SYSLOG_PORT="0") == ["syslog"]


def test_a_mistake_stops_the_start(tmp_path, memory_store) -> None:
    with pytest.raises(Misconfigured):
        _names(tmp_path, memory_store, TOCSIN_SYSLOG_PORT="many")
