from __future__ import annotations

import pytest

from tocsin.connectors.runbook_pages.sources import sources_in
from tocsin.domain.errors import Misconfigured

SOURCES = sources_in("wiki=https://acme.example/wiki, git=https://git.example:8443/ops/")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://acme.example/wiki", "wiki"),
        ("https://ACME.example:443/wiki/spaces/OPS/pages/1#top", "wiki"),
        ("https://git.example:8443/ops/raw/disk.md?ref=main", "git"),
    ],
)
def test_a_page_is_in_the_source_whose_address_it_begins_with(url: str, name: str) -> None:
    assert SOURCES.source_of(url) == name


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "ftp://acme.example/wiki",
        "http://acme.example/wiki/1",
        "https://acme.example/wikipedia",
        "https://acme.example:444/wiki/1",
        "https://acme.example:x/wiki/1",
        "https://acme.example:0/wiki/1",
        "https://acme.example.eve.example/wiki/1",
        "https://acme.example@eve.example/wiki/1",
        "https://eve@acme.example/wiki/1",
        "https://acme.example/wiki/../admin",
        "https://acme.example/wiki/%2E%2e/admin",
        "https://acme.example/wiki/..%2fadmin",
        "https://acme.example/wiki\\..\\admin",
        "https://acme.example/wiki//x",
        "https://acme.example/wiki/..",
        "https://[::1/wiki",
        "https:///wiki",
        "https://acme.example/wiki/ 1",
        "https://acme.example/wiki/" + "a" * 400,
        "http://169.254.169.254/latest/meta-data",
    ],
)
def test_no_other_address_is_in_a_source(url: str) -> None:
    assert SOURCES.source_of(url) is None


def test_nothing_is_in_no_source() -> None:
    assert sources_in("").source_of("https://acme.example/wiki") is None


@pytest.mark.parametrize(
    "text", ["wiki=acme.example/wiki", "https://a:b@c.example", "wiki=https://a.example/?q=1"]
)
def test_what_is_no_address_of_pages_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured, match="TOCSIN_RUNBOOK_SOURCES"):
        sources_in(text)
