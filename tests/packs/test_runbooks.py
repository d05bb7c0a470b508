"""Every shipped runbook is right, short, tested to its last step, and names only actions that there are."""

from __future__ import annotations

from functools import cache

import pytest

from tocsin.app.packs import PackFile, Packs, shipped_packs
from tocsin.app.performing import ACTIONS_FILE, collectors_of, performers_of
from tocsin.app.runbooks import Stock, stock_of
from tocsin.domain.action import Declaration
from tocsin.domain.bindings import IDENTITY_PARTNERS, bindings_for
from tocsin.domain.pack_file import parse
from tocsin.domain.runbook import Step
from tocsin.runbooks.linting import MOST_BYTES, Known
from tocsin.runbooks.reading import steps_of

PACKS = ("agent-identity", "ai-governance", "mcp-connectors", "saas-platform")
NAMES = {
    "agent-identity": {
        *("audit-chain-integrity", "auth-failure-spike", "anomalous-token-issuance", "webhook-dead-letters"),
    },
    "saas-platform": {
        *("api-5xx-spike", "failed-login-spike", "claude-api-degradation", "guardduty-finding"),
        "llm-cost-overrun",
    },
    "mcp-connectors": {
        *("mcp-compromised-secret", "mcp-compromised-user", "mcp-unauthorised-role", "mcp-exfiltration"),
        *("mcp-audit-tampering", "mcp-outage-attack"),
    },
    "ai-governance": {
        *("ai-triage", "ai-drift", "ai-security", "ai-agent-violation", "ai-data-breach"),
        *("ai-quality-degradation", "ai-deployment-failure"),
    },
}


@cache
def files(pack: str) -> tuple[tuple[PackFile, PackFile | None], ...]:
    return tuple(Packs(shipped_packs().parent / "nowhere").runbook_files(pack))


@cache
def stock(partner: str) -> Stock:
    actions: dict[str, Declaration] = {name: each.declaration for name, each in performers_of().items()}
    for file in sorted(shipped_packs().glob(f"*/{ACTIONS_FILE}")):
        written = performers_of(parse(file.read_text(encoding="utf-8"), str(file)))
        actions |= {name: each.declaration for name, each in written.items()}
    known = Known(actions=actions, collectors=frozenset(collectors_of()), bindings=bindings_for(partner))
    return stock_of((file for pack in PACKS for file in files(pack)), known)


@pytest.mark.parametrize("pack", PACKS)
def test_the_runbooks_of_the_requirements_are_there(pack: str) -> None:
    assert {file.path.rpartition("/")[2].removesuffix(".yml") for file, _ in files(pack)} == NAMES[pack]


@pytest.mark.parametrize("partner", IDENTITY_PARTNERS)
def test_nothing_is_wrong_with_any_whoever_keeps_the_identities(partner: str) -> None:
    assert [str(fault) for fault in stock(partner).faults] == []


@pytest.mark.parametrize("pack", PACKS)
def test_each_is_short_and_has_tests(pack: str) -> None:
    for file, tests in files(pack):
        assert len(file.text.encode()) <= MOST_BYTES, file.path
        assert tests is not None, file.path


def test_each_of_their_tests_misses_or_meets_what_it_says() -> None:
    checked = stock("entra").checked
    assert [each.path for each in checked if not each.rehearsed] == []
    late = {each.path for each in checked if any(one.test.expected.missed for one in each.rehearsed)}
    assert len(late) >= len(checked) - 2


def test_the_runbooks_of_r4_have_a_target_on_every_step_but_where_people_wait() -> None:
    books = stock("entra").books
    for name in NAMES["saas-platform"]:
        steps = [node for node in steps_of(books[name].nodes) if isinstance(node, Step)]
        assert [step.step_id for step in steps if step.within is None and step.by is None] == []
        assert [step.step_id for step in steps if not step.owners] == []
