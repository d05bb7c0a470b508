from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tocsin.app.keys import KEY_BYTES, secret_key
from tocsin.domain.errors import Misconfigured


def test_a_key_is_made_on_first_use_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "links.key"
    key = secret_key(path)
    assert (len(key), secret_key(path)) == (KEY_BYTES, key)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_two_keys_differ(tmp_path: Path) -> None:
    assert secret_key(tmp_path / "a") != secret_key(tmp_path / "b")


def test_all_who_make_it_at_once_get_the_same_whole_key(tmp_path: Path) -> None:
    found: list[bytes] = []
    ready = threading.Barrier(8)

    def make() -> None:
        ready.wait()
        found.append(secret_key(tmp_path / "links.key"))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.parametrize("content", ["", "no hex at all", "abcd"])
def test_a_damaged_key_is_refused_without_showing_it(tmp_path: Path, content: str) -> None:
    path = tmp_path / "links.key"
    path.write_text(content, encoding="ascii")
    with pytest.raises(Misconfigured) as refused:
        secret_key(path)
    assert not content or content not in refused.value.explain()


def test_a_key_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file where a folder should be", encoding="ascii")
    with pytest.raises(Misconfigured, match="cannot be used"):
        secret_key(tmp_path / "keys" / "links.key")
