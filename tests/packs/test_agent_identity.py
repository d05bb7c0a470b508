"""The metric rules of the agent identity pack load as they are, and are those of the runbooks."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from skips import skip_or_fail
from tocsin.detection.promql.rule import AlertingRule
from tocsin.detection.promql.rule_files import load_with_twins

PACK = Path(__file__).resolve().parents[2] / "packs" / "agent-identity"


def _alerts() -> dict[str, AlertingRule]:
    files = sorted((PACK / "prometheus").glob("*.yml"))
    loaded = load_with_twins((path.name, path.read_text(encoding="utf-8")) for path in files)
    assert loaded.problems == ()
    rules = [rule for group in loaded.groups for rule in group.rules]
    return {rule.name: rule for rule in rules if isinstance(rule, AlertingRule)}


def test_the_four_alerts_of_the_runbooks_are_there_word_for_word(shared: Path) -> None:
    text = (shared / "requirements" / "R3-agent-idp-runbooks.txt").read_text(encoding="utf-8")
    alerts = _alerts()
    for name in (
        "AuthFailureSpike",
        "AnomalousTokenIssuance",
        "AuditChainIntegrityFailed",
        "WebhookDeadLetterAccumulating",
    ):
        rule = alerts[name]
        severity = dict(rule.labels)["severity"].text
        body = f"expr: {rule.expr_text} for: {rule.for_ms // 60_000}m severity: {severity}"
        assert f"**Prometheus alert:** `{name}` ```yaml {body} ```" in text


def test_gauges_have_twins_and_counters_have_none() -> None:
    twins = {name for name in _alerts() if name.endswith("NoData")}
    assert twins == {"AuditChainIntegrityFailedNoData", "AuditChainUnknownNoData"}


@pytest.mark.real
def test_the_pack_s_own_tests_pass_in_promtool() -> None:
    if shutil.which("promtool") is None:
        skip_or_fail("promtool is not installed (Debian: prometheus)")
    tests = [str(path) for path in sorted((PACK / "tests").glob("*.yml")) if ".test." not in path.name]
    done = subprocess.run(["promtool", "test", "rules", *tests], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
