"""The console in a real browser: both themes, three widths, keyboard only, live, without script."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import uvicorn
from django.test import Client, override_settings

from skips import skip_or_fail
from tocsin.app.acting import asked_for, stopping_of
from tocsin.app.hushing import Asked, ask
from tocsin.app.runs import runs_of
from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app, install
from tocsin.console import times
from tocsin.domain.action import Door
from tocsin.domain.alert import AlertReport
from tocsin.domain.arrival import Arrival
from tocsin.domain.person import Role
from tocsin.process.asgi import build_asgi
from tocsin.store.accounts import Accounts
from tocsin.store.django_store import DjangoStore

pytestmark = pytest.mark.real

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-headless-shell")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = {1280: 900, 768: 900, 320: 800}
PAGES = ["", "incidents", "incidents/INC-1", "incidents/INC-1/evidence"]
PAGES += ["exhibits/EX-1", "oncall", "silences", "inbox", "help"]
PAGES += ["incidents?status=closed", "alerts", "alerts?text=nothing", "alerts/ALR-1", "alerts/ALR-4"]
PAGES += ["runs", "runs/RUN-1", "runbooks", "runbooks/many-logins"]
PAGES += ["actions", "actions?incident=INC-1&action=aws.waf.block", "actions/ACT-1", "actions/standing"]
HOSTILE = "<script>document.title='owned'</script>\u202e\u200b" + "A" * 4000
ONCALL = """
people:
  ben: {name: Ben Okafor, contacts: [{channel: inbox, address: ben}]}
schedule: {zone: UTC, rotation: weekly, handover: "09:00", starts: 2026-01-05, people: [ben]}
escalation: {P1: [{after: 0m, page: primary}]}
"""
RUNBOOK = """
runbook: many-logins
title: Many failed logins
steps:
- parallel:
  - {id: look, do: 'Is it one IP, a small range, or distributed?', owner: [oncall, ben], within: 5m,
     see: 'https://wiki.example.org/logins', ask: {source: [single-ip, distributed], note: text}}
  - {id: block, do: Block the source, run: aws.waf.block, with: {ips: '198.51.100.7', for: 24h}}
- {id: tell, if: look.source == 'single-ip', do: Tell the customers, approve: approver, within: 1h}
"""
SMALL_TARGETS = """() =>
  [...document.querySelectorAll('a, button, input:not([type=hidden]), select, summary')]
  .filter(one => one.checkVisibility() && !one.closest('.skip, p, li span, dd, th, .call, dialog'))
  .map(one => [one.outerHTML.slice(0, 120), one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.width < 24 || box.height < 24)).map(([html]) => html)"""


def opened(app: App, title: str, severity: str = "critical", **labels: str) -> str:
    """Open an incident through the real intake and return its short name."""
    now = app.clock.now()
    report = AlertReport(
        source="prometheus",
        labels={"alertname": title[:60], "severity": severity, "service": uuid4().hex, **labels},
        annotations={"summary": title},
        ends_at=now + timedelta(hours=1),
        evidence=('{"user": "u017", "from": "203.0.113.7"}', HOSTILE),
    )
    arrival = Arrival(
        arrival_id=uuid4(),
        connector="alertmanager",
        source="prometheus",
        key=uuid4().hex,
        received_at=now,
        body=b"[]",
    )
    app.take.alerts(arrival, [report])
    with app.store.reading() as shelves:
        return shelves.incidents.listed()[0].short_name


@pytest.fixture
def app(sqlite_store: DjangoStore, tmp_path: Path) -> Iterator[App]:
    pack = tmp_path / "home" / "packs" / "ours"
    pack.mkdir(parents=True)
    (pack / "oncall.yml").write_text(ONCALL, encoding="utf-8")
    (pack / "runbooks").mkdir()
    (pack / "runbooks" / "many-logins.yml").write_text(RUNBOOK, encoding="utf-8")
    app = build_app(load_settings({}, home=tmp_path / "home"), store=sqlite_store)
    install(app)
    accounts = Accounts(sqlite_store)
    accounts.create("ada", "Ada Lindqvist", Role.COMMANDER)
    accounts.create("ben", "Ben Okafor", Role.RESPONDER)
    with override_settings(CSRF_TRUSTED_ORIGINS=[]):
        yield app


@pytest.fixture
def story(app: App) -> App:
    """Fill the house: each severity, a hostile one, an answered one, an exhibit, a message."""
    first = opened(app, "Many failed logins over many accounts, then one success", "critical")
    for title, severity in (("Disk fills", "high"), ("Feature drift", "warning"), (HOSTILE, "info")):
        opened(app, title, severity, evil=HOSTILE)
    answered = opened(app, "Checkout is slow", "critical")
    with app.store.reading() as shelves:
        ids = {one.short_name: one.incident_id for one in shelves.incidents.listed()}
    app.call.acknowledge(ids[answered], "ada", "the console")
    app.respond.keep(
        ids[first],
        name="df.txt",
        media_type="text/plain",
        content=io.BytesIO(b"full"),
        description="the disk",
        exported_by="Ben Okafor",
        actor="ben",
    )
    with app.store.transaction() as shelves:
        shelves.inbox.keep("k", "ben", HOSTILE, HOSTILE, "", app.clock.now())
    for matchers, owner in (('alertname = "Disk fills"', "ada"), (f"evil = {HOSTILE[:150]}", "eve")):
        ask(app, Asked(matchers=(matchers,), reason=HOSTILE[:900], lasts="2h"), owner)
    runs_of(app).start(ids[first], "many-logins", "ben")
    asked_for(
        app,
        "INC-1",
        "aws.waf.block",
        {"ips": "203.0.113.7", "for": "24h"},
        by="ben",
        door=Door.CONSOLE,
        reason=HOSTILE[:900],
    )
    stopping_of(app).stop("ada", HOSTILE[:300], "connector:github")
    return app


class Server(uvicorn.Server):
    """A server in a thread; the worker's loops stay off, the test itself makes what happens."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.servers[0].sockets[0].getsockname()[1]}"


@pytest.fixture
def server(app: App) -> Iterator[Server]:
    serving = Server(
        uvicorn.Config(
            build_asgi(app), port=0, log_level="warning", timeout_graceful_shutdown=1, lifespan="off"
        )
    )
    thread = threading.Thread(target=serving.run, daemon=True)
    thread.start()
    while not serving.started:
        time.sleep(0.02)
    yield serving
    serving.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def chromium():
    if CHROMIUM is None:
        skip_or_fail("chromium is not installed (Debian: apt install chromium)")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps a loop in this thread; the ORM minds.
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - starts nothing unless a browser is wanted

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


Looker = Callable[..., object]


@pytest.fixture
def look(chromium, server: Server) -> Iterator[Looker]:
    """Return a function that opens a page as somebody; foreign requests and script errors fail the test."""
    contexts, wrong = [], []

    def looked(address: str = "", *, as_: str = "ada", width: int = 1280, **options):
        client = Client()
        client.force_login(Accounts(DjangoStore()).by_username(as_))
        context = chromium.new_context(viewport={"width": width, "height": WIDTHS.get(width, 900)}, **options)
        context.add_cookies(
            [{"name": "tocsin_session", "value": client.session.session_key, "url": server.url}]
        )
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console",
            lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None,
        )
        page.on(
            "request", lambda asked: None if asked.url.startswith(server.url) else wrong.append(asked.url)
        )
        contexts.append(context)
        page.goto(f"{server.url}/{address}")
        return page

    yield looked
    for context in contexts:
        context.close()
    assert wrong == []


def is_live(page) -> None:
    page.wait_for_selector('#pulse[data-state="live"]')


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_holds_in_each_theme_and_width(theme, width, story, look, tmp_path):
    axe_module = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    axe = axe_module.Axe()
    page = look(width=width, color_scheme=theme)
    kept = Path(os.environ.get("TOCSIN_SCREENSHOTS", tmp_path))
    kept.mkdir(parents=True, exist_ok=True)
    base = page.url.rstrip("/")
    for address in PAGES:
        page.goto(f"{base}/{address}")
        page.evaluate("document.querySelectorAll('main details:not([name])').forEach(one => one.open = true)")
        result = axe.run(
            page, options={"runOnly": RULES, "resultTypes": ["violations", "incomplete"]}
        ).response
        found = [
            (rule["id"], node["html"][:160], [c["message"] for c in node["any"]])
            for kind in ("violations", "incomplete")
            for rule in result[kind]
            for node in rule["nodes"]
        ]
        assert (address, found) == (address, [])
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        assert (address, page.evaluate(SMALL_TARGETS)) == (address, [])
        name = f"{address.replace('/', '-').replace('?', '-') or 'now'}-{width}-{theme}.png"
        page.screenshot(path=kept / name, full_page=True)
    assert page.title() != "owned"


def focused(page) -> str:
    return page.evaluate(
        "document.activeElement.closest('[data-row]')?.dataset.row || document.activeElement.id"
    )


def test_keys_do_what_the_table_says_and_never_while_typing(story, look):
    page = look(width=1280)
    page.keyboard.press("j")
    first = focused(page)
    page.keyboard.press("j")
    assert focused(page) != first
    page.keyboard.press("k")
    assert (focused(page), page.locator('tr[aria-selected="true"]').count()) == (first, 1)
    page.keyboard.press("ArrowDown")
    assert focused(page) != first
    page.keyboard.press("?")
    assert page.locator("#help").evaluate("one => one.open")
    page.keyboard.press("Escape")
    assert not page.locator("#help").evaluate("one => one.open")
    assert focused(page) != first, "the focus came back to the row"
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url("**/incidents")
    page.goto(page.url + "/INC-1")
    page.keyboard.press("n")
    page.keyboard.type("a jolly note? ok")
    assert page.input_value("#note-text") == "a jolly note? ok"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    with story.store.reading() as shelves:
        assert shelves.incidents.by_number(1).acknowledged_at is None


def test_letters_that_are_off_do_nothing(story, look):
    page = look("incidents/INC-1")
    page.get_by_role("button", name="Turn single keys off").click()
    page.wait_for_selector('body[data-single-keys="off"]')
    page.keyboard.press("a")
    page.keyboard.press("?")
    assert not page.locator("#help").evaluate("one => one.open")
    with story.store.reading() as shelves:
        assert shelves.incidents.by_number(1).acknowledged_at is None


def test_an_act_shows_at_once_and_is_announced(story, look):
    page = look("incidents/INC-1")
    page.keyboard.press("a")
    page.wait_for_selector("text=INC-1 acknowledged")
    assert page.url.endswith("/incidents/INC-1")
    page.locator("#polite", has_text="INC-1 acknowledged").wait_for(state="attached")
    assert page.locator("#actions").get_by_text("Acknowledge").count() == 0
    assert "Acknowledged by ada" in page.inner_text("#timeline")


def test_a_refusal_stands_beside_the_form_and_keeps_what_was_typed(story, look):
    page = look("incidents/INC-1")
    page.keyboard.press("r")
    page.select_option("#move-to", "resolved")
    page.get_by_role("button", name="Move", exact=True).click()
    page.wait_for_selector("#actions [data-refusal]")
    assert "Not saved." in page.inner_text("#actions [data-refusal]")
    assert page.input_value("#move-to") == "resolved"


def test_without_script_acknowledge_note_and_resolve_still_work(story, look):
    page = look("incidents/INC-1", java_script_enabled=False)
    page.get_by_role("button", name="Acknowledge").click()
    assert "INC-1 acknowledged" in page.inner_text("#said")
    page.locator("summary", has_text="Note").click()
    page.fill("#note-text", "typed without script")
    page.get_by_role("button", name="Add note").click()
    assert "typed without script" in page.inner_text("#timeline")
    page.locator("summary", has_text="Status").click()
    page.select_option("#move-to", "resolved")
    page.get_by_role("button", name="Move", exact=True).click()
    assert "Resolved" in page.inner_text("#top")


def test_new_rows_wait_behind_a_bar_and_move_nothing(story, look):
    page = look("incidents")
    is_live(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    row, before = focused(page), page.evaluate("document.activeElement.getBoundingClientRect().top")
    for n in range(3):
        opened(story, f"Another one {n}", "warning")
    page.wait_for_selector("text=3 new – show")
    bar = page.locator(".more").bounding_box()["height"]
    after = page.evaluate("document.activeElement.getBoundingClientRect().top")
    assert (focused(page), page.locator("#list >> text=Another one 2").count()) == (row, 0)
    assert after - before in (0, bar)
    page.locator("#polite", has_text="New: Another one").wait_for(state="attached")
    page.keyboard.press("Home")
    page.wait_for_selector("#list >> text=Another one 2")


def test_a_change_by_somebody_else_appears_by_itself(story, look):
    page = look("incidents/INC-1")
    is_live(page)
    with story.store.reading() as shelves:
        incident = shelves.incidents.by_number(1)
    story.call.acknowledge(incident.incident_id, "ben", "the link in the page")
    page.wait_for_selector("#top >> text=Investigating")
    page.wait_for_selector("#timeline .more")


def test_a_stream_that_stops_is_said_within_fifteen_seconds(story, look):
    page = look()
    is_live(page)
    page.clock.install()
    page.reload()
    is_live(page)
    page.route("**/live", lambda route: route.abort())
    page.evaluate("dispatchEvent(new Event('offline'))")
    page.context.set_offline(True)
    page.clock.fast_forward(17_000)
    page.clock.run_for(2_000)
    page.wait_for_selector("#stale:not([hidden])")
    assert "Live updates stopped" in page.inner_text("#stale")
    assert page.locator("body.blind").count() == 1


def test_every_stop_is_outlined_in_view_and_below_the_sticky_header(story, look):
    page = look("incidents/INC-1")
    page.set_viewport_size({"width": 1280, "height": 700})
    seen = 0
    for _ in range(120):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            """() => { const one = document.activeElement; if (one === document.body) return null;
            const box = one.getBoundingClientRect(), top = document.getElementById('top');
            const isAbove = top.contains(one) || one.closest('.side') || one.matches('.skip');
            const under = isAbove ? 0 : top.getBoundingClientRect().bottom;
            return {html: one.outerHTML.slice(0, 90), outline: getComputedStyle(one).outlineStyle,
                    inView: box.bottom > 0 && box.top < innerHeight, clear: box.bottom > under}; }"""
        )
        if stop is None:
            break
        seen += 1
        assert (stop["outline"], stop["inView"], stop["clear"]) == ("solid", True, True), stop["html"]
    assert 15 < seen < 119


@pytest.mark.parametrize("address", ["", "incidents", "incidents/INC-1", "alerts/ALR-1", "silences"])
def test_text_at_twice_the_size_does_not_push_the_page_sideways(address, story, look):
    page = look(address, width=1280)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_paper_is_light_whatever_the_screen_is(story, look):
    page = look("incidents/INC-1", color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(246, 247, 249)"


@pytest.mark.parametrize("address", ["incidents/INC-1", "alerts/ALR-4"])
def test_a_page_weighs_at_most_sixty_kilobytes_with_everything(address, story, look):
    page = look(address)
    page.wait_for_load_state("load")
    names = page.evaluate(
        "performance.getEntriesByType('resource').map(one => one.name).filter(one => !one.endsWith('/live'))"
    )
    bodies = {name: page.request.get(name).body() for name in [page.url, *names]}
    assert sum(len(gzip.compress(body)) for body in bodies.values()) <= 60_000
    assert sum(len(gzip.compress(body)) for name, body in bodies.items() if name.endswith(".js")) <= 30_000


def test_the_browser_and_the_server_say_clocks_in_the_same_words(story, look):
    page = look()
    spans = [0, 59, 61, 130, 3599, 3600, 86_399, 86_400, 183_022]
    module = "/static/console/clocks.js"
    told = page.evaluate(
        """async ([module, spans]) => { const clocks = await import(module);
        return spans.map(s => s * 1000)
          .map(ms => [clocks.elapsed(ms), clocks.short(ms), clocks.rounded(ms)]); }""",
        [module, spans],
    )
    assert told == [
        [say(timedelta(seconds=s)) for say in (times.elapsed, times.short, times.rounded)] for s in spans
    ]
