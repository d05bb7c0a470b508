"""Tests of the one verdict on an alert: heard, or muted by what, until when and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tocsin.domain.alert import Alert
from tocsin.domain.inhibition import InhibitRule
from tocsin.domain.matchers import matcher
from tocsin.domain.severity import Severity
from tocsin.domain.silence import Silence
from tocsin.triage.classify import Classified
from tocsin.triage.flapping import Flaps
from tocsin.triage.inhibition import Inhibition
from tocsin.triage.noise import Heard, Muted, MutedBy, Noise
from tocsin.triage.noise_policy import NoisePolicy

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SILENCE = Silence(
    silence_id=UUID(int=7),
    matchers=(matcher("alertname", "=", "DiskFull"),),
    starts_at=NOW,
    ends_at=NOW + HOUR,
    updated_at=NOW,
    created_by="ada",
    owner="ada",
    comment="The disk is being replaced.",
)
RULE = InhibitRule(
    source=(matcher("alertname", "=", "Down"),),
    target=(matcher("alertname", "=", "DiskFull"),),
    name="outage",
)
FLAPS = Flaps(begins=(NOW - HOUR / 30, NOW), since=NOW - HOUR / 30)
P1, P2 = Severity.P1, Severity.P2


def classified(severity: Severity | None = P2, kind: str = "drift") -> Classified:
    return Classified(
        severity=severity,
        type=kind,
        group_key="k",
        title="t",
        description="",
        services=(),
        runbook_url="",
        resolve_when_quiet=True,
        reasons=(),
    )


@pytest.fixture
def alert(alert_of: Callable[..., Alert]) -> Alert:
    return alert_of(alertname="DiskFull")


@pytest.fixture
def source(alert_of: Callable[..., Alert]) -> Alert:
    return replace(alert_of(alertname="Down"), number=4)


def noise(*silences: Silence, sources: tuple[Alert, ...] = ()) -> Noise:
    policy = NoisePolicy(inhibit=(RULE,))
    return Noise(policy, silences, Inhibition(policy.inhibit, sources))


def test_without_noise_an_alert_is_heard(alert: Alert) -> None:
    assert noise().judge(alert, classified(), None, NOW) == Heard()


def test_a_silence_mutes_until_its_end_and_says_why(alert: Alert) -> None:
    longer = replace(SILENCE, silence_id=UUID(int=8), ends_at=NOW + 2 * HOUR)
    muted = noise(SILENCE, longer, SILENCE).judge(alert, classified(), None, NOW)
    assert noise(SILENCE, longer).silencing(alert, classified(), NOW) == (SILENCE, longer)
    assert noise(SILENCE, longer).silencing(alert, classified(P1, "security"), NOW) == ()
    assert isinstance(muted, Muted)
    assert (muted.until, muted.by) == (NOW + 2 * HOUR, MutedBy.SILENCE)
    assert muted.names == (str(UUID(int=7)), str(UUID(int=8)))
    assert "2026-11-21 14:00:00 UTC: The disk is being replaced." in muted.reason
    other = replace(alert, labels={"alertname": "Else"})
    assert noise(SILENCE).judge(other, classified(), None, NOW) == Heard()


def test_a_silence_mutes_no_longer_than_the_severity_allows(alert: Alert) -> None:
    month = replace(SILENCE, ends_at=NOW + 720 * HOUR)
    muted = noise(month).judge(alert, classified(P1), None, NOW)
    assert isinstance(muted, Muted)
    assert muted.until == NOW + 4 * HOUR
    heard = noise(month).judge(alert, classified(P1), None, NOW + 4 * HOUR)
    assert isinstance(heard, Heard)
    assert "as long as one may" in heard.reason
    informational = noise(month).judge(alert, classified(None), None, NOW + 4 * HOUR)
    assert isinstance(informational, Muted)


@pytest.mark.parametrize("kind", ["security", "audit-integrity"])
def test_only_a_confirmed_silence_mutes_a_guarded_alert(alert: Alert, source: Alert, kind: str) -> None:
    guarded = classified(P1, kind)
    heard = noise(SILENCE, sources=(source,)).judge(alert, guarded, FLAPS, NOW)
    assert isinstance(heard, Heard)
    assert "one person alone cannot mute this P1" in heard.reason
    muted = noise(replace(SILENCE, second="ben")).judge(alert, guarded, None, NOW)
    assert isinstance(muted, Muted)
    assert muted.by is MutedBy.SILENCE


def test_an_inhibited_alert_waits_for_its_source(alert: Alert, source: Alert) -> None:
    muted = noise(sources=(source,)).judge(alert, classified(P1), None, NOW)
    assert muted == Muted(
        until=source.ends_at,
        by=MutedBy.INHIBITION,
        names=("ALR-4",),
        reason="Rule “outage” (): it follows from ALR-4, which fires.",
    )


def test_a_flapping_alert_is_held_until_calm(alert: Alert) -> None:
    muted = noise().judge(alert, classified(), FLAPS, NOW)
    assert isinstance(muted, Muted)
    assert (muted.by, muted.until, muted.names) == (MutedBy.FLAPPING, NOW + timedelta(minutes=10), ())
    assert noise().judge(alert, classified(), FLAPS, NOW + HOUR) == Heard()
