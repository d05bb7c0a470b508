"""The file is found where it is named, or in a pack; what it cannot do here is said."""

from __future__ import annotations

import pytest

from tocsin.app.alertmanager_file import exchange, file_of, routing_of, warnings_of
from tocsin.app.packs import Packs
from tocsin.app.settings import load_settings
from tocsin.domain.errors import Misconfigured
from tocsin.flow.in_force import Routing
from tocsin.oncall.alertmanager.file import parse_alertmanager

FILE = "route: {receiver: team}\nreceivers: [{name: team, webhook_configs: [{url: 'http://a/'}]}]\n"


def found(tmp_path, **environ):
    return file_of(load_settings(environ, home=tmp_path), Packs(tmp_path))


def test_without_a_file_nothing_is_in_force(tmp_path):
    assert found(tmp_path) is None
    assert routing_of(load_settings({}, home=tmp_path), Packs(tmp_path)).in_force is None


def test_a_pack_of_the_home_may_bring_one(tmp_path):
    folder = tmp_path / "packs" / "team"
    folder.mkdir(parents=True)
    (folder / "alertmanager.yml").write_text(FILE)
    file = found(tmp_path)
    assert file is not None
    assert file.text == FILE
    routing = Routing()
    exchange(routing, file)
    assert routing.in_force is not None
    exchange(routing, None)
    assert routing.in_force is None


def test_the_templates_that_a_file_names_are_put_in_force_with_it(tmp_path, caplog):
    (tmp_path / "mine.tmpl").write_text('{{ define "mine" }}ours{{ end }}')
    (tmp_path / "broken.tmpl").write_text("{{ if")
    (tmp_path / "mine.yml").write_text("templates: ['*.tmpl']\n" + FILE)
    file = found(tmp_path, TOCSIN_ALERTMANAGER_FILE=str(tmp_path / "mine.yml"))
    routing = Routing()
    exchange(routing, file)
    assert routing.in_force is not None
    assert "mine" in routing.in_force.library
    assert "broken.tmpl:1:6" in caplog.text
    (tmp_path / "mine.tmpl").write_text("")
    exchange(routing, file)
    assert "mine" not in routing.in_force.library


def test_the_setting_wins_and_must_lead_to_a_file(tmp_path):
    (tmp_path / "mine.yml").write_text(FILE)
    file = found(tmp_path, TOCSIN_ALERTMANAGER_FILE=str(tmp_path / "mine.yml"))
    assert file is not None
    assert file.path == str(tmp_path / "mine.yml")
    with pytest.raises(Misconfigured, match="cannot be read"):
        found(tmp_path, TOCSIN_ALERTMANAGER_FILE=str(tmp_path / "none.yml"))
    (tmp_path / "bad.yml").write_bytes(b"\xff")
    with pytest.raises(Misconfigured, match="not UTF-8"):
        found(tmp_path, TOCSIN_ALERTMANAGER_FILE=str(tmp_path / "bad.yml"))


def test_a_kind_that_nobody_tells_is_warned_about():
    text = FILE.replace("webhook_configs: [{url: 'http://a/'}]", "wechat_configs: [{}]")
    text = "global: {wechat_api_secret: a, wechat_api_corp_id: b}\n" + text
    text = text.replace("wechat_configs", "rocketchat_configs").replace(
        "[{}]", "[{token: a, token_id: b, api_url: 'http://r/'}]"
    )
    warnings = warnings_of(parse_alertmanager(text, "a.yml"))
    assert any("rocketchat_configs" in each for each in warnings)
    assert warnings_of(parse_alertmanager(FILE, "a.yml")) == ()
