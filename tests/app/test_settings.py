from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.app.settings import SETTINGS, load_settings
from tocsin.domain.errors import Misconfigured


def _write(home: Path, text: str) -> None:
    (home / "tocsin.toml").write_text(text, encoding="utf-8")


def test_the_environment_goes_before_the_file_and_the_file_before_the_default(tmp_path: Path) -> None:
    _write(tmp_path, "max_body_mb = 5\nmax_pending = 7\naccess_log = true\n")
    settings = load_settings({"TOCSIN_MAX_PENDING": " 9 "}, home=tmp_path)
    assert [settings.number(f"TOCSIN_{name}") for name in ("MAX_BODY_MB", "MAX_PENDING")] == [5, 9]
    assert settings.text("TOCSIN_ACCESS_LOG") == "true"
    assert settings.number("TOCSIN_MAX_DECODED_MB") == 200
    origins = [settings.origins[f"TOCSIN_{n}"] for n in ("MAX_BODY_MB", "MAX_PENDING", "MAX_DECODED_MB")]
    assert origins == [str(tmp_path / "tocsin.toml"), "environment", "default"]


def test_the_home_is_an_option_then_the_environment_then_a_default(tmp_path: Path) -> None:
    other = tmp_path / "other"
    assert load_settings({"TOCSIN_HOME": str(other)}, home=tmp_path).home == tmp_path
    assert load_settings({"TOCSIN_HOME": str(other)}).home == other
    assert load_settings({"TOCSIN_HOME": str(other)}).origins["TOCSIN_HOME"] == "environment"
    assert load_settings({}).origins["TOCSIN_HOME"] == "default"


@pytest.mark.parametrize(
    "text",
    [
        'slak_token = "xoxb"',
        'home = "/elsewhere"',
        "max_body_mb = [1]",
        "max_body_mb = ",
        "[delivery]\nthreads = 4",
    ],
)
def test_a_file_that_makes_no_sense_stops_the_start(tmp_path: Path, text: str) -> None:
    _write(tmp_path, text)
    with pytest.raises(Misconfigured, match=r"tocsin\.toml"):
        load_settings({}, home=tmp_path)


def test_a_file_that_is_no_text_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "tocsin.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(Misconfigured):
        load_settings({}, home=tmp_path)


def test_names_that_others_put_into_the_environment_are_left_alone(tmp_path: Path) -> None:
    settings = load_settings({"TOCSIN_PORT": "tcp://10.0.0.1:80"}, home=tmp_path)
    assert set(settings.values) == {setting.name for setting in SETTINGS}


@pytest.mark.parametrize("text", ["0", "-1", "four", "1.5", "", "²"])
def test_a_number_is_whole_and_above_zero(tmp_path: Path, text: str) -> None:
    settings = load_settings({"TOCSIN_MAX_PENDING": text}, home=tmp_path)
    with pytest.raises(Misconfigured, match="TOCSIN_MAX_PENDING"):
        settings.number("TOCSIN_MAX_PENDING")


def test_a_choice_is_one_of_the_allowed_words(tmp_path: Path) -> None:
    settings = load_settings({"TOCSIN_ALERTMANAGER_OPEN": "always"}, home=tmp_path)
    with pytest.raises(Misconfigured, match="never or loopback"):
        settings.chosen("TOCSIN_ALERTMANAGER_OPEN", "never", "loopback")
    assert load_settings({}, home=tmp_path).chosen("TOCSIN_ALERTMANAGER_OPEN", "never") == "never"


def test_a_secret_that_is_set_is_shown_as_stars_and_one_that_is_not_as_empty(tmp_path: Path) -> None:
    secrets = [setting.name for setting in SETTINGS if setting.secret]
    settings = load_settings({name: f"hunter2-{name}" for name in secrets}, home=tmp_path)
    shown = {name: value for name, value, _ in settings.shown()}
    assert len(secrets) >= 4
    assert {shown[name] for name in secrets} == {"***"}
    assert "hunter2" not in str(settings.shown())
    unset = {name: value for name, value, _ in load_settings({}, home=tmp_path).shown()}
    assert unset["TOCSIN_SLACK_TOKEN"] == ""
    assert shown["TOCSIN_MAX_PENDING"] == "256"


@pytest.mark.parametrize(
    ("name", "text"),
    [("TOCSIN_LEASE_SECONDS", "-1"), ("TOCSIN_MAX_BODY_MB", "9" * 5000), ("TOCSIN_ACCESS_LOG", "yes")],
)
def test_all_settings_can_be_looked_at_before_anything_starts(tmp_path: Path, name: str, text: str) -> None:
    load_settings({}, home=tmp_path).check()
    with pytest.raises(Misconfigured, match=name):
        load_settings({name: text}, home=tmp_path).check()


def test_links_lead_to_the_port_that_the_server_listens_on(tmp_path: Path) -> None:
    (tmp_path / "address").write_text("http://127.0.0.1:8499\n", encoding="ascii")
    settings = load_settings({}, home=tmp_path)
    assert settings.text("TOCSIN_PUBLIC_URL") == "http://127.0.0.1:8499"
    assert settings.origins["TOCSIN_PUBLIC_URL"] == "default"
    chosen = load_settings({"TOCSIN_PUBLIC_URL": "https://tocsin.example"}, home=tmp_path)
    assert chosen.text("TOCSIN_PUBLIC_URL") == "https://tocsin.example"


@pytest.mark.parametrize("content", [b"", b"javascript:alert(1)", b"http://a b", b"\xff", b"http://x/y\nz"])
def test_an_address_file_that_holds_no_address_is_ignored(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "address").write_bytes(content)
    assert load_settings({}, home=tmp_path).text("TOCSIN_PUBLIC_URL") == "http://127.0.0.1:8420"
