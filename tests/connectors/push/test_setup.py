"""The key of web push is made once, for nobody else to read, and a damaged one stops the start."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from nouns import NOON
from tocsin.connectors.push.channel import PushChannel
from tocsin.connectors.push.setup import build, seed_in
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import Misconfigured
from tocsin.store.memory import MemoryStore


def test_the_key_stays_the_same_over_restarts(tmp_path: Path, memory_store: MemoryStore) -> None:
    values = {"TOCSIN_PUSH_CONTACT": "mailto:ada@example.org", "TOCSIN_HOME": str(tmp_path)}
    made = [build(values, PushedClock(NOON), memory_store) for _ in range(2)]
    assert all(isinstance(each, PushChannel) for each in made)
    keys = {each.vapid.public_key for each in made if isinstance(each, PushChannel)}
    assert len(keys) == 1
    path = tmp_path / "keys" / "push.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["push.key"]


def test_addresses_inside_our_own_network_are_refused(tmp_path: Path, memory_store: MemoryStore) -> None:
    values = {"TOCSIN_PUSH_CONTACT": "https://example.org", "TOCSIN_HOME": str(tmp_path)}
    made = build(values, PushedClock(NOON), memory_store)
    assert isinstance(made, PushChannel)
    assert not made.outbound.allow_private


def test_a_contact_that_is_none_is_explained(tmp_path: Path, memory_store: MemoryStore) -> None:
    values = {"TOCSIN_PUSH_CONTACT": "ada@example.org", "TOCSIN_HOME": str(tmp_path)}
    with pytest.raises(Misconfigured, match="mailto:"):
        build(values, PushedClock(NOON), memory_store)


@pytest.mark.parametrize("content", ["", "zz", "00" * 31, "ü"])
def test_a_damaged_key_is_explained_and_not_replaced(tmp_path: Path, content: str) -> None:
    path = tmp_path / "push.key"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Misconfigured, match="cannot be used"):
        seed_in(path)
    assert path.read_text(encoding="utf-8") == content


def test_who_comes_second_keeps_the_first_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "push.key"
    first = seed_in(path)
    asked = iter([False, True])
    monkeypatch.setattr(Path, "exists", lambda self: next(asked, True))
    assert seed_in(path) == first
