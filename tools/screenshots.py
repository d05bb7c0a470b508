"""Makes the pictures of the documentation: a real server, a real drill, a real browser.

.venv/bin/python tools/screenshots.py docs/images            the one picture of the README
.venv/bin/python tools/screenshots.py FOLDER --all           every page, 1280 and 320 wide, light and dark
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

TOCSIN = Path(sys.executable).with_name("tocsin")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PAGES = {
    "now": "/",
    "incidents": "/incidents",
    "incident": "/incidents/INC-1",
    "evidence": "/incidents/INC-1/evidence",
    "alerts": "/alerts",
    "alert": "/alerts/ALR-1",
    "oncall": "/oncall",
    "silences": "/silences",
    "inbox": "/inbox",
    "actions": "/actions",
    "action": "/actions/ACT-1",
    "standing": "/actions/standing",
    "runs": "/runs",
    "run": "/runs/RUN-1",
    "runbooks": "/runbooks",
    "help": "/help",
}
SIZES = ((1280, 900), (320, 800))
PATIENCE_S = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="tocsin-picture-") as home:
        server, link = start(Path(home))
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
                take(browser, link, given.folder, everything=given.all)
                browser.close()
        finally:
            server.terminate()
            server.wait(20)


def start(home: Path) -> tuple[subprocess.Popen[str], str]:
    """Start the server with the drill and return it with Ada's one-time link, once the drill was played."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(TOCSIN), "up", "--home", str(home), "--port", str(port), "--drill", "credential-stuffing"]
    server = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    link = ""
    for line in server.stdout or ():
        found = re.search(r"Ada.*(http://\S+/sign-in/\S+)", line)
        link = found[1] if found else link
        if "played" in line:
            return server, link
    raise SystemExit("the server ended before the drill was played")


def take(browser: Browser, link: str, folder: Path, *, everything: bool) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(link)
    page.get_by_role("button").first.click()
    wait_for_incident(page, link)
    base = link.partition("/sign-in/")[0]
    if not everything:
        shoot(page, f"{base}/incidents/INC-1", folder / "incident.png", full=False)
        return
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            for name, path in PAGES.items():
                shoot(page, base + path, folder / f"{name}-{width}-{theme}.png", full=True)


def wait_for_incident(page: Page, link: str) -> None:
    """Wait until the drill's page was delivered and its evidence kept."""
    base = link.partition("/sign-in/")[0]
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        page.goto(f"{base}/incidents/INC-1")
        if "was delivered" in page.content() and "EX-" in page.content():
            return
        time.sleep(0.5)
    raise SystemExit("no incident with a delivered page and evidence appeared")


def shoot(page: Page, url: str, path: Path, *, full: bool) -> None:
    page.goto(url)
    page.screenshot(path=str(path), full_page=full)
    print(path)


def browser_path() -> str:
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    raise SystemExit("no Chromium or Chrome was found; on Debian: apt install chromium")


if __name__ == "__main__":
    main()
