from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin.app.settings import load_settings
from tocsin.domain.errors import Misconfigured
from tocsin.process import preparing
from tocsin.process.preparing import Stand, listen, prepare, settings_for


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch) -> Iterator[None]:
    """Put back what is set in the environment, and who may read new files."""
    for name in ("TOCSIN_PUBLIC_URL", "TOCSIN_ALERTMANAGER_OPEN", "TOCSIN_ALLOWED_HOSTS"):
        monkeypatch.setenv(name, "x")
        monkeypatch.delenv(name)
    monkeypatch.setenv("TOCSIN_HOME", os.environ["TOCSIN_HOME"])
    usual = os.umask(0o022)
    yield
    os.umask(usual)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8420"),
        ("0.0.0.0", "http://127.0.0.1:8420"),
        ("::", "http://127.0.0.1:8420"),
        ("::1", "http://[::1]:8420"),
        ("tocsin.lan", "http://tocsin.lan:8420"),
    ],
)
def test_the_address_is_one_that_a_browser_here_can_open(host, url) -> None:
    assert Stand(host, 8420, None).url == url


def test_links_point_here_unless_something_else_was_chosen(tmp_path, monkeypatch) -> None:
    stand = Stand("127.0.0.1", 9999, None)
    assert settings_for(stand, tmp_path).text("TOCSIN_PUBLIC_URL") == "http://127.0.0.1:9999"
    monkeypatch.setenv("TOCSIN_PUBLIC_URL", "https://tocsin.example")
    assert settings_for(stand, tmp_path).text("TOCSIN_PUBLIC_URL") == "https://tocsin.example"


@pytest.mark.parametrize(
    ("host", "environ", "allowed"),
    [
        ("127.0.0.1", {}, "127.0.0.1"),
        ("0.0.0.0", {}, "*"),
        ("0.0.0.0", {"TOCSIN_PUBLIC_URL": "https://tocsin.example"}, "0.0.0.0"),
        ("0.0.0.0", {"TOCSIN_ALLOWED_HOSTS": "a.lan"}, "a.lan"),
    ],
)
def test_only_a_server_that_nobody_named_answers_to_any_name(
    tmp_path, monkeypatch, host, environ, allowed
) -> None:
    for name, text in environ.items():
        monkeypatch.setenv(name, text)
    assert settings_for(Stand(host, 1, None), tmp_path).text("TOCSIN_ALLOWED_HOSTS") == allowed


def test_only_a_drill_opens_the_intake_to_this_machine_and_never_against_a_choice(
    tmp_path, monkeypatch
) -> None:
    name = "TOCSIN_ALERTMANAGER_OPEN"
    assert settings_for(Stand("127.0.0.1", 1, None), tmp_path).text(name) == "never"
    assert settings_for(Stand("127.0.0.1", 1, "fire"), tmp_path).text(name) == "loopback"
    monkeypatch.setenv(name, "never")
    assert settings_for(Stand("127.0.0.1", 1, "fire"), tmp_path).text(name) == "never"


def test_a_home_is_made_for_its_owner_only(tmp_path, sqlite_store) -> None:
    home = tmp_path / "new" / "home"
    prepare(load_settings({}, home=home))
    assert home.stat().st_mode & 0o777 == 0o700
    assert list(home.iterdir()) == []


def test_a_home_that_cannot_be_is_explained(tmp_path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(Misconfigured, match="cannot be written"):
        prepare(load_settings({}, home=tmp_path / "file" / "home"))


def test_a_database_that_cannot_be_used_is_explained_without_its_address(tmp_path, monkeypatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise preparing.DatabaseError("no such server\nhost=secret.example")

    monkeypatch.setattr(preparing, "migrate", broken)
    with pytest.raises(Misconfigured, match="no such server") as refused:
        prepare(load_settings({}, home=tmp_path))
    assert "secret.example" not in refused.value.explain()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_port_is_taken_at_once_and_a_second_start_is_refused(host) -> None:
    try:
        first = listen(Stand(host, 0, None))
    except Misconfigured:
        pytest.skip("this machine has no IPv6")
    with first:
        first.listen()
        port = first.getsockname()[1]
        with pytest.raises(Misconfigured, match=str(port)):
            listen(Stand(host, port, None))


def test_a_process_that_starts_at_the_same_moment_is_no_reason_to_refuse_a_home(
    tmp_path: Path, sqlite_store, monkeypatch
) -> None:
    touch = Path.touch

    def touched(path: Path, *args: object, **named: object) -> None:
        touch(path, *args, **named)
        if path.name == ".writable":
            path.unlink()

    monkeypatch.setattr(Path, "touch", touched)
    prepare(load_settings({}, home=tmp_path))


def test_a_host_that_is_not_ours_is_refused() -> None:
    with pytest.raises(Misconfigured):
        listen(Stand("203.0.113.9", 0, None))


def test_the_home_is_handed_on_to_django(tmp_path: Path, sqlite_store) -> None:
    prepare(load_settings({}, home=tmp_path))
    assert os.environ["TOCSIN_HOME"] == str(tmp_path)


def test_everything_in_a_home_is_its_owners_only_although_the_folder_was_open(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    program = """
import sys
from pathlib import Path
from tocsin.app.settings import load_settings
from tocsin.process.preparing import prepare
prepare(load_settings({}, home=Path(sys.argv[1])))
"""
    environ = {name: text for name, text in os.environ.items() if not name.startswith(("TOCSIN_", "DJANGO_"))}
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], env=environ, check=True, umask=0o022)
    assert (tmp_path / "tocsin.db").exists()
    open_to_others = [path.name for path in tmp_path.rglob("*") if path.stat().st_mode & 0o077]
    assert open_to_others == []


@pytest.mark.parametrize(
    ("name", "text"),
    [("TOCSIN_LEASE_SECONDS", "-1"), ("TOCSIN_MAX_PENDING", "9" * 5000), ("TOCSIN_ACCESS_LOG", "yes")],
)
def test_a_setting_that_makes_no_sense_is_refused_before_anything_is_made(tmp_path, name, text) -> None:
    home = tmp_path / "home"
    with pytest.raises(Misconfigured, match=name):
        prepare(load_settings({name: text}, home=home))
    assert not home.exists()
