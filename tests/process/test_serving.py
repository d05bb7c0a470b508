from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from nouns import NOON
from tocsin.app.settings import load_settings, served_address
from tocsin.app.wiring import build_app
from tocsin.audit.leaf import decode
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import NotFound
from tocsin.domain.pack_file import PackProblem
from tocsin.domain.person import Role
from tocsin.process.preparing import Stand
from tocsin.process.serving import FIRST_ACCOUNT, Serving, serve
from tocsin.store.accounts import Accounts

PROGRAM = """
import sys
from pathlib import Path
from tocsin.process.preparing import Stand, listen, prepare, settings_for
stand = Stand("127.0.0.1", 0, None)
listening = listen(stand)
stand = Stand("127.0.0.1", listening.getsockname()[1], None)
settings = settings_for(stand, Path(sys.argv[1]))
prepare(settings)
from tocsin.process.serving import serve
serve(settings, stand, listening, lambda line: print(line, flush=True))
print("ended properly", flush=True)
"""
SOON_S = 60


@pytest.fixture
def serving(sqlite_store, tmp_path):
    said: list[str] = []
    app = build_app(load_settings({}, home=tmp_path), clock=PushedClock(NOON), store=sqlite_store)
    return Serving(app, Stand("127.0.0.1", 8420, None), said.append), said


def test_a_first_start_makes_an_administrator_and_gives_a_link_that_works_once(serving, sqlite_store) -> None:
    (line,) = serving[0]._welcome()
    assert re.fullmatch(r"Sign in once as admin: http://127\.0\.0\.1:8420/sign-in/\S+", line)
    account = Accounts(sqlite_store).by_username(FIRST_ACCOUNT)
    assert (account.role, account.has_usable_password()) == (Role.ADMIN, False)


def test_a_mistake_in_what_can_be_done_is_told_before_anything_is_served(sqlite_store, tmp_path) -> None:
    pack = tmp_path / "packs" / "ours"
    pack.mkdir(parents=True)
    (pack / "actions.yml").write_text("http:\n- {name: shop.disable, clas: contain}\n", encoding="utf-8")
    with socket.socket() as listening, pytest.raises(PackProblem, match=r"actions\.yml:2:"):
        serve(load_settings({}, home=tmp_path), Stand("127.0.0.1", 0, None), listening, print)


def test_of_several_that_start_at_once_one_makes_the_administrator(
    serving, sqlite_store, monkeypatch
) -> None:
    monkeypatch.setattr(Accounts, "everybody", lambda self: ())
    lines = [serving[0]._welcome()[0] for _ in range(2)]
    assert all("Sign in once as admin" in line for line in lines)


def test_where_people_have_accounts_nobody_is_let_in_by_a_start(serving, sqlite_store) -> None:
    Accounts(sqlite_store).create("ada", "Ada", Role.ADMIN)
    (line,) = serving[0]._welcome()
    assert "/sign-in/" not in line


def test_a_start_gives_a_link_only_until_somebody_signed_in_and_the_last_one_counts(
    serving, sqlite_store
) -> None:
    accounts = Accounts(sqlite_store)
    older, newer = (serving[0]._welcome()[0].rpartition("/")[2] for _ in range(2))
    assert accounts.redeem(older, NOON) is None
    account = accounts.redeem(newer, NOON)
    account.last_login = NOON
    account.save()
    (line,) = serving[0]._welcome()
    assert "/sign-in/" not in line
    assert "tocsin person link NAME" in line


@pytest.mark.parametrize(
    ("drill", "made"),
    [(None, ["admin"]), ("credential-stuffing", ["ada", "ben", "dana"])],
    ids=["a first start", "a drill"],
)
def test_accounts_and_links_made_by_a_start_are_in_the_log(serving, drill, made) -> None:
    starting = replace(serving[0], stand=Stand("127.0.0.1", 8420, drill))
    tokens = [line.rpartition("/")[2] for _ in range(2) for line in starting._welcome()]
    with starting.app.store.transaction() as shelves:
        shelves.log.sequence()
        entries = [decode(one.content) for one in shelves.log.leaves(0, shelves.log.size())]
    done = [(entry.facts["done"], entry.subject) for entry in entries]
    assert [subject for what, subject in done if what == "account made"] == made
    assert [subject for what, subject in done if what == "sign-in link made"] == made * 2
    assert not any(token in str(entries) for token in tokens)


def test_the_command_line_learns_the_port_unless_people_chose_an_address(sqlite_store, tmp_path) -> None:
    said: list[str] = []
    stand = Stand("127.0.0.1", 8499, None)
    for chosen, known in (("https://tocsin.example", ""), (stand.url, stand.url)):
        settings = load_settings({"TOCSIN_PUBLIC_URL": chosen}, home=tmp_path)
        app = build_app(settings, clock=PushedClock(NOON), store=sqlite_store)
        Serving(app, stand, said.append)._started([])
        assert served_address(tmp_path) == known
    assert (tmp_path / "address").stat().st_mode & 0o777 == 0o600


def test_rules_that_are_not_loaded_are_said_at_the_start(sqlite_store, tmp_path) -> None:
    rules = tmp_path / "packs" / "ours" / "rules"
    rules.mkdir(parents=True)
    (rules / "broken.yml").write_text("title: Broken\n", encoding="utf-8")
    said: list[str] = []
    app = build_app(load_settings({}, home=tmp_path), clock=PushedClock(NOON), store=sqlite_store)
    Serving(app, Stand("127.0.0.1", 8420, None), said.append)._started(["welcome"])
    assert said[:2] == ["Tocsin is up at http://127.0.0.1:8420", "welcome"]
    assert "broken.yml" in said[2]


def test_a_drill_that_does_not_exist_is_refused_before_anything_is_served(sqlite_store, tmp_path) -> None:
    settings = load_settings({}, home=tmp_path)
    with pytest.raises(NotFound, match="no drill named"):
        serve(settings, Stand("127.0.0.1", 8420, "flood"), None, print)


def test_a_process_serves_until_it_is_told_to_end_and_ends_properly(tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    environ.pop("DJANGO_SETTINGS_MODULE", None)
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "home")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environ,
    )
    watchdog = threading.Timer(SOON_S, process.kill)
    watchdog.start()
    try:
        first = process.stdout.readline()
        address = first.rpartition(" ")[2].strip()
        assert first.startswith("Tocsin is up at http://127.0.0.1:"), first + process.stdout.read()
        assert httpx.get(f"{address}/health", timeout=SOON_S).json()["status"] == "ok"
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
        process.wait()
    finally:
        watchdog.cancel()
        process.kill()
        process.stdout.close()
        process.wait()
    assert "Sign in once as admin" in rest
    assert "Traceback" not in rest
    assert "ended properly" in rest
    assert process.returncode == 0
