from __future__ import annotations

import pytest

from tocsin.app.hosts import allowed_hosts, host_in, is_loopback, own_names
from tocsin.app.settings import load_settings
from tocsin.domain.errors import Misconfigured

HERE = ["localhost", "127.0.0.1", "[::1]"]


def _settings(tmp_path, **environ: str):
    return load_settings(environ, home=tmp_path)


@pytest.mark.parametrize(
    ("environ", "more"),
    [
        ({}, []),
        ({"TOCSIN_PUBLIC_URL": "https://Tocsin.Example:8443/x"}, ["tocsin.example"]),
        ({"TOCSIN_ALLOWED_HOSTS": "a.lan, fd00::1,"}, ["a.lan", "[fd00::1]"]),
        ({"TOCSIN_ALLOWED_HOSTS": "*"}, ["*"]),
    ],
)
def test_a_server_answers_to_its_own_names_and_those_listed(tmp_path, environ, more) -> None:
    assert allowed_hosts(_settings(tmp_path, **environ)) == [*HERE, *more]


def test_a_name_that_is_only_allowed_is_not_our_own(tmp_path) -> None:
    settings = _settings(tmp_path, TOCSIN_PUBLIC_URL="https://t.example", TOCSIN_ALLOWED_HOSTS="*,a.lan")
    assert own_names(settings) == {"localhost", "127.0.0.1", "::1", "t.example"}


@pytest.mark.parametrize("url", ["", "tocsin.example", "https://", "ftp://tocsin.example", "http://[::1"])
def test_links_that_lead_nowhere_stop_the_start(tmp_path, url) -> None:
    with pytest.raises(Misconfigured, match="TOCSIN_PUBLIC_URL"):
        allowed_hosts(_settings(tmp_path, TOCSIN_PUBLIC_URL=url))


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("Tocsin.lan:80", "tocsin.lan"),
        ("[::1]:80", "::1"),
        ("http://a.lan:1", "a.lan"),
        ("null", "null"),
        ("", ""),
        ("[", ""),
    ],
)
def test_a_host_is_read_from_a_header_or_an_address(address, host) -> None:
    assert host_in(address) == host


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", False),
        ("10.0.0.1", False),
        ("evil.example", False),
    ],
)
def test_this_machine_is_known_by_its_addresses(host, is_ours) -> None:
    assert is_loopback(host) is is_ours
