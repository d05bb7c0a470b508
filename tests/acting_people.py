"""People who respond through the real doors of running servers: REST, command line, runbook, console."""

from __future__ import annotations

import itertools
import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import httpx

from nodes import Node
from served import bearer
from tocsin.domain.person import Role

RUNBOOK = """\
runbook: shut-it
title: Shut what is named
trigger: {severity: P2}
steps:
- {id: shut, do: Shut it, run: gate.shut, with: {name: '{{ alert.thing }}', for: 3s}}
"""
PEOPLE = {"ada": "commander", "dana": "approver", "chidi": "approver"}
_FORM = re.compile(r'<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>', re.DOTALL)
_FIELD = re.compile(r'<(?:input|button)[^>]*?name="([^"]+)"[^>]*?value="([^"]*)"')
PATIENCE_S = 5.0
BY_REST, BY_CLI, BY_RUNBOOK = "api", "cli", "runbook"
DOORS = (BY_REST, BY_RUNBOOK, BY_REST, BY_RUNBOOK, BY_REST, BY_CLI)


def form_in(page: str, ending: str) -> tuple[str, dict[str, str]] | None:
    """Return where the form goes whose address ends so, and what it would send; None where there is none."""
    for action, inside in _FORM.findall(page):
        if action.endswith(ending):
            return action, {name: unescape(value) for name, value in _FIELD.findall(inside)}
    return None


@dataclass
class Person:
    """Somebody with a browser: a cookie jar, and nothing but the forms that pages show."""

    name: str
    browser: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=PATIENCE_S))

    def sign_in(self, link: str) -> None:
        """Open a one-time link, and press its button."""
        found = form_in(self.browser.get(link).text.replace("<form method", '<form action="" method'), "")
        assert found is not None
        assert self.browser.post(link, data=found[1]).status_code == 302

    def sends(self, node: Node, page: str, ending: str, **typed: str) -> bool:
        """Send a form of a page as it stands there; say whether there was one and it was taken."""
        with suppress(httpx.TransportError):
            found = form_in(self.browser.get(node.url + page).text, ending)
            if found is not None:
                return self.browser.post(node.url + found[0], data={**found[1], **typed}).status_code == 302
        return False


@dataclass
class Team:
    """Those who ask for actions, and those who consent to all that is asked for."""

    nodes: tuple[Node, ...]
    chance: random.Random
    people: dict[str, Person] = field(default_factory=dict)
    token: str = ""
    asked: list[str] = field(default_factory=list)
    on_consent: Callable[[int], None] = lambda node: None
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _over: threading.Event = field(default_factory=threading.Event)
    _is_enough: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def settle_in(self) -> None:
        """Get accounts, links and a token, while every server is up."""
        node = self.nodes[0]
        self.token = node.token(Role.ADMIN)
        for name, role in PEOPLE.items():
            told: Any = node.told("person", "add", name, "--name", name.title(), "--role", role)
            path = str(told["link"]).partition("/sign-in/")[2]
            self.people[name] = Person(name)
            self.people[name].sign_in(f"{node.url}/sign-in/{path}")

    def begin(self, most: int, pause_s: float = 0.5) -> None:
        """Ask for at most so many actions, and consent, until `end`."""
        self._over.clear()
        self._is_enough.clear()
        self._threads = [
            threading.Thread(target=self._asking, args=(most, pause_s), daemon=True),
            threading.Thread(target=self._consenting, daemon=True),
        ]
        for each in self._threads:
            each.start()

    def end_asking(self, at_least: int) -> None:
        """Ask for nothing more, once so much has been asked for."""
        while len(self.asked) < at_least:
            time.sleep(0.1)
        self._is_enough.set()
        self._threads[0].join()

    def over(self) -> None:
        """Go home."""
        self._is_enough.set()
        self._over.set()
        for each in self._threads:
            each.join()
        self._threads.clear()

    def stays_until(self, is_over: Callable[[], bool], within_s: float) -> bool:
        """Go on consenting until something is over, at most so long; say whether it is."""
        deadline = time.monotonic() + within_s
        while not is_over() and time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                self.consent_once()
            time.sleep(0.3)
        return is_over()

    def some_node(self) -> int:
        return self.chance.randrange(len(self.nodes))

    def rest(self, method: str, path: str, **sent: Any) -> httpx.Response | None:
        """Call some server; None where it is down."""
        with suppress(httpx.TransportError):
            return httpx.request(
                method,
                self.nodes[self.some_node()].url + path,
                headers=bearer(self.token),
                timeout=PATIENCE_S,
                **sent,
            )
        return None

    def actions(self) -> list[dict[str, Any]] | None:
        """Return all actions as REST lists them; None where no server answers."""
        answer = self.rest("GET", "/api/v1/actions?limit=500")
        return answer.json()["actions"] if answer is not None and answer.status_code == 200 else None

    def ask(self) -> str:
        """Ask for one action by one of the doors; return its thing, empty where nobody answered."""
        number = next(self._numbers)
        door, thing = DOORS[number % len(DOORS)], f"t{number}"
        severity = "high" if door == BY_RUNBOOK else "critical"
        labels = {"alertname": f"Live{number}", "severity": severity, "thing": thing}
        alert = {"labels": labels, "annotations": {"summary": f"Live{number} fires"}}
        answer = self.rest("POST", "/api/v2/alerts", json=[alert])
        if answer is None or answer.status_code != 200:
            return ""
        if door != BY_RUNBOOK and not self._by_hand(door, self._incident(f"Live{number}"), thing):
            return ""
        self.asked.append(thing)
        return thing

    def _incident(self, name: str) -> str:
        answer = self.rest("GET", "/api/v1/incidents?limit=500")
        rows = answer.json()["incidents"] if answer is not None and answer.status_code == 200 else []
        return next((row["id"] for row in rows if name in row["title"].split()), "")

    def _by_hand(self, door: str, incident: str, thing: str) -> bool:
        if not incident:
            return False
        action = self.chance.choice(("gate.mark", "gate.drain", "gate.shut"))
        arguments = {"name": thing, **({"for": "3s"} if action == "gate.shut" else {})}
        if door == BY_CLI:
            return self._by_cli(incident, action, arguments)
        wanted = {"incident": incident, "arguments": arguments, "reason": "It harms."}
        answer = self.rest("POST", f"/api/v1/actions/{action}", json=wanted)
        # 409 says that evidence is missing yet; the action is put down all the same.
        return answer is not None and answer.status_code in (200, 409)

    def _by_cli(self, incident: str, action: str, arguments: dict[str, str]) -> bool:
        node = self.nodes[0]
        assert node.brood is not None
        words = [f"{name}={value}" for name, value in arguments.items()]
        argv = ["tocsin", "action", "run", incident, action, *words, "--confirm", incident]
        argv += ["--reason", "It harms.", "--home", str(node.home)]
        log = node.home.with_name(f"{node.home.name}-cli.log")
        told = node.brood.hatch(node._environ(), argv, log, "", node.armed).wait(60)
        return told in (0, 1, 3, 4, 5)

    def _asking(self, most: int, pause_s: float) -> None:
        while len(self.asked) < most and not self._is_enough.wait(pause_s):
            self.ask()

    def _consenting(self) -> None:
        while not self._over.wait(0.2):
            with suppress(httpx.TransportError):
                self.consent_once()

    def consent_once(self) -> None:
        """Consent to what is asked for where its page shows the form; break the glass now and then."""
        for row in self.actions() or ():
            if row["state"] != "proposed":
                continue
            number = row["id"].removeprefix("ACT-")
            node = self.some_node()
            if int(number) % 9 == 0 and len(row["broke_glass"]) < 2:
                for name in ("ada", "dana"):
                    page = f"/actions/ACT-{number}"
                    self.people[name].sends(self.nodes[node], page, "/break-glass", reason="It harms now.")
            self._consent(row, number, node)

    def _consent(self, row: dict[str, Any], number: str, node: int) -> None:
        given = {each["person"] for each in row["approvals"]}
        for name in ("dana", "chidi"):
            if len(given) >= len(row["approvers"]):
                return
            if name not in given and self.people[name].sends(
                self.nodes[node], f"/actions/ACT-{number}", "/approve"
            ):
                given.add(name)
                self.on_consent(node)
