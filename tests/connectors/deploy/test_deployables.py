"""Which services can be rolled back is read with every mistake named by its line."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tocsin.connectors.deploy.deployables import Deployables, read_deployables
from tocsin.domain.pack_file import PackProblem, parse

WHOLE = """
shop:
  history: /srv/shop/history.json
  provenance: /srv/shop/provenance
  artifact: /srv/shop/{digest}.tar
  gates: [unit, sast]
  repository: https://git.example/shop
  workflow: release.yml@refs/heads/main
  healthy_for: 30m
  unsigned: true
  trust: {keys: [/srv/release.pub]}
  by: {compose: {file: /srv/compose.yml, service: web, image: registry/shop}}
  health: {url: "http://localhost:8080/health", expect: {status: ok, ready: true}, build: commit, within: 90s}
"""
SHORT = """
shop:
  history: /h.json
  provenance: /p
  gates: [unit]
  repository: r
  trust: {sigstore: {issuer: "https://i", identity: "https://w", trust_root: /t.json}}
  by: {github: {repository: o/r, environment: prod}}
"""


def read(text):
    return read_deployables(parse(text, "actions.yml"))


def test_a_service_is_read_whole():
    shop = read(WHOLE).named("shop")
    assert shop.required.gates == ("unit", "sast")
    assert (shop.required.healthy_for, shop.required.unsigned) == (timedelta(minutes=30), True)
    assert (shop.way, shop.place["image"]) == ("compose", "registry/shop")
    assert shop.health is not None
    assert (shop.health.expect, shop.health.build, shop.health.within_s) == (
        {"status": "ok", "ready": "true"},
        "commit",
        90,
    )
    assert shop.trust.keys == ("/srv/release.pub",)


def test_what_may_be_left_out_has_a_careful_default():
    shop = read(SHORT).named("shop")
    assert (shop.required.healthy_for, shop.required.unsigned, shop.health) == (
        timedelta(minutes=10),
        False,
        None,
    )
    assert (shop.artifact, shop.required.workflow, shop.trust.trust_root) == ("", "", "/t.json")
    assert read(SHORT + "  health: {url: u}\n").named("shop").health.within_s == 60


def test_a_service_that_nobody_described_has_no_history():
    assert Deployables().named("nobody").history == ""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("gates: [unit]", "gates: []", "no gate is required"),
        ("history: /h.json", "history: h.json", "not absolute"),
        ("by: {github: {repository: o/r, environment: prod}}", "by: {}", "exactly one way"),
        ("environment: prod", "place: prod", "not known here"),
        ("provenance: /p", "provenance: /p\n  artifact: /a.tar", "which build it is of"),
        (
            'trust: {sigstore: {issuer: "https://i", identity: "https://w", trust_root: /t.json}}',
            "trust: {}",
            "either keys or sigstore",
        ),
        (
            'trust: {sigstore: {issuer: "https://i", identity: "https://w", trust_root: /t.json}}',
            "trust: {keys: []}",
            "no key is trusted",
        ),
        ("repository: r\n", "repository: r\n  health: {url: u, within: 1h}\n", "up to 10 minutes"),
    ],
)
def test_a_mistake_is_named_with_its_line(old, new, words):
    assert old in SHORT
    with pytest.raises(PackProblem, match=words) as found:
        read(SHORT.replace(old, new))
    assert "actions.yml:" in found.value.happened
