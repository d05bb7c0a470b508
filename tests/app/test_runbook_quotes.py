"""Runbooks that live elsewhere are read once, over HTTP on this machine, and what was read can be proven."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from http_partner import HttpPartner, http_partner
from nouns import NOON, an_alert
from tocsin.app.evidence import callers_of
from tocsin.app.runbook_quotes import MOST_PAGES, MOST_SHOWN, linked_pages, quotes_of
from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app
from tocsin.domain.alert import AlertReport
from tocsin.domain.clock import PushedClock
from tocsin.domain.exhibit import Exhibit
from tocsin.flow.respond import COLLECT
from tocsin.worker.collecting import Collecting


@pytest.fixture
def wiki() -> Iterator[HttpPartner]:
    with http_partner(HttpPartner(lambda received: (200, {}, b"# Disk\n\n<b>rm -rf /</b>"))) as one:
        yield one


@pytest.fixture
def app(tmp_path: Path, memory_store, wiki: HttpPartner) -> App:
    named = {"TOCSIN_RUNBOOK_SOURCES": f"git={wiki.url}ops", "TOCSIN_RUNBOOK_TOKENS": "git=t0ken"}
    return build_app(load_settings(named, home=tmp_path), clock=PushedClock(NOON), store=memory_store)


def _hear(app: App, url: str) -> None:
    arrival = app.hearing._arrival("alertmanager.api", "prometheus", b"[]", "test")
    labels = {"alertname": "DiskFull", "severity": "warning"}
    report = AlertReport(source="prometheus", labels=labels, annotations={"runbook_url": url})
    app.take.alerts(arrival, [report])


def _work(app: App) -> None:
    """Run every collector that is due."""
    collecting = Collecting(app.respond, callers_of(app))
    app.clock.push(timedelta(seconds=20))
    with app.store.transaction() as shelves:
        jobs = shelves.jobs.claim((COLLECT,), "worker-1", app.clock.now(), 1.0, 10)
    for job in jobs:
        with app.store.reading() as shelves:
            asked = app.respond.collect(shelves, job)
        outcome = collecting.act(asked)
        with app.store.transaction() as shelves:
            collecting.settle(shelves, job, outcome)


def _quotes(app: App) -> list[Exhibit]:
    with app.store.reading() as shelves:
        return [each for each in shelves.exhibits.all() if each.covers == "runbook.quote"]


def test_the_page_that_an_alert_links_to_is_an_exhibit_of_the_incident(app: App, wiki: HttpPartner) -> None:
    url = f"{wiki.url}ops/disk.md"
    _hear(app, url)
    assert wiki.received == [], "an incident opens without waiting for anybody"
    _work(app)
    (quote,) = _quotes(app)
    (linked,) = linked_pages(app.locker, [an_alert(annotations={"runbook_url": url})], [quote])
    assert (linked.url, quote.of, quote.gap) == (url, url, "")
    ((_, text),) = linked.quotes
    assert f"Quoted from {url}\nRead at {app.clock.now().isoformat()}" in text
    assert "> # Disk" in text
    assert [(each.path, each.headers["authorization"]) for each in wiki.received] == [
        ("/ops/disk.md", "Bearer t0ken")
    ]
    with app.store.reading() as shelves:
        incident = shelves.incidents.listed()[0]
    with app.store.transaction() as shelves:
        app.respond.quote(shelves, incident, [url])
    _work(app)
    assert len(wiki.received) == 1, "a page is read once in an incident"


def test_a_page_that_cannot_be_read_is_a_gap_and_read_when_it_is_asked_for_again(
    app: App, wiki: HttpPartner
) -> None:
    told, wiki.reply = wiki.reply, lambda received: (403, {}, b"t0ken is expired")
    url = f"{wiki.url}ops/disk.md"
    _hear(app, url)
    _work(app)
    (gap,) = _quotes(app)
    assert gap.gap == "git answered 403"
    wiki.reply = told
    with app.store.transaction() as shelves:
        app.respond.quote(shelves, shelves.incidents.listed()[0], [url])
    _work(app)
    assert [each.gap for each in _quotes(app)] == ["git answered 403", ""]


def test_a_page_in_no_source_is_linked_and_never_asked_for(app: App, wiki: HttpPartner) -> None:
    _hear(app, f"{wiki.url}admin?delete=all")
    _work(app)
    assert (wiki.received, _quotes(app)) == ([], [])


def test_an_alert_cannot_make_us_read_or_show_a_whole_wiki(app: App, wiki: HttpPartner) -> None:
    urls = [f"{wiki.url}ops/{number}" for number in range(50)]
    assert len(quotes_of(app.settings)([*urls, *urls])) == MOST_PAGES
    alerts = [an_alert(annotations={"runbook_url": url}) for url in urls]
    assert len(linked_pages(app.locker, alerts, [])) == MOST_SHOWN


def test_only_web_links_are_links(app: App) -> None:
    urls = ("javascript:alert(1)", "data:text/html,x", "docs/disk.md", "https://a.example/x y", "")
    alerts = [an_alert(annotations={"runbook_url": url}) for url in urls]
    assert linked_pages(app.locker, alerts, [], urls) == ()


def test_a_quote_whose_bytes_are_not_as_kept_is_not_shown(app: App, wiki: HttpPartner) -> None:
    _hear(app, f"{wiki.url}ops/disk.md")
    _work(app)
    (quote,) = _quotes(app)
    gone = replace(quote, digest="0" * 64)
    path = next(app.settings.home.joinpath("evidence").rglob(f"*{quote.digest[4:]}*"))
    path.chmod(0o600)
    path.write_bytes(b"something else")
    for each in (quote, gone):
        (linked,) = linked_pages(app.locker, [], [each])
        assert linked.quotes == ((each, ""),)
