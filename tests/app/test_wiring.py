from __future__ import annotations

from pathlib import Path

import pytest

from nouns import NOON
from tocsin.app import wiring
from tocsin.app.packs import Packs
from tocsin.app.policies import build_policies
from tocsin.app.settings import load_settings
from tocsin.app.wiring import ask_server, build_app, current_app, install
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import Misconfigured

ONCALL = """
people: {ben: {name: Ben, contacts: [{channel: pigeon, address: roof}]}}
schedule: null
escalation: {P1: [{after: 0m, page: primary}]}
notices: [{channel: drum, address: hill, severities: [P1]}]
"""


def _app(home: Path, store):
    return build_app(load_settings({}, home=home), clock=PushedClock(NOON), store=store)


def test_an_app_is_built_from_the_shipped_packs_alone(tmp_path, memory_store) -> None:
    app = _app(tmp_path, memory_store)
    assert app.policies.rules.problems == ()
    assert app.channel_names == ("inbox",)
    assert app.call.link_key == (bytes.fromhex((tmp_path / "keys" / "links.key").read_text()))


def test_two_processes_of_one_home_sign_links_alike(tmp_path, memory_store) -> None:
    assert _app(tmp_path, memory_store).call.link_key == _app(tmp_path, memory_store).call.link_key


def test_channels_that_somebodys_contact_names_are_known_although_not_set_up(tmp_path, memory_store) -> None:
    pack = tmp_path / "packs" / "ours"
    pack.mkdir(parents=True)
    (pack / "oncall.yml").write_text(ONCALL, encoding="utf-8")
    assert _app(tmp_path, memory_store).channel_names == ("inbox", "pigeon", "drum")


def test_each_commit_rings_the_bell(tmp_path, memory_store) -> None:
    app = _app(tmp_path, memory_store)
    with app.store.transaction():
        pass
    assert app.bell.rings == 1


def test_pages_are_served_from_the_installed_app_only(tmp_path, memory_store, monkeypatch) -> None:
    monkeypatch.setattr(wiring, "_installed", [])
    with pytest.raises(Misconfigured):
        current_app()
    app = _app(tmp_path, memory_store)
    install(app)
    assert current_app() is app


def test_metric_rules_are_loaded_with_their_twins_and_a_server_is_asked_where_there_is_one(tmp_path) -> None:
    settings = {"TOCSIN_PACKS": "baseline,agent-identity", "TOCSIN_PROMETHEUS_URL": "http://prometheus:9090"}
    loaded = load_settings(settings, home=tmp_path)
    rules = build_policies(Packs(tmp_path, ("baseline", "agent-identity"))).metric_rules
    assert rules.problems == ()
    assert [group.name for group in rules.groups] == [
        "agentidp",
        "agentidp-no-data",
        "agentidp-also",
        "agentidp-also-no-data",
    ]
    assert ask_server(loaded) is not None
    assert ask_server(load_settings({}, home=tmp_path)) is None
