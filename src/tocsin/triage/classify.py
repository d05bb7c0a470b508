"""Classify an alert: its type, its severity, its group, and in plain words why."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.domain.alert import Alert
from tocsin.domain.severity import Severity
from tocsin.triage.grouping import group_key
from tocsin.triage.policy import UNKNOWN, Rule, TriagePolicy
from tocsin.triage.severities import NONE, SeverityWords, translate

MAX_TITLE_CHARACTERS = 200
_SEVERITY_LABEL = "severity"
_RUNBOOK_ANNOTATIONS = ("runbook_url", "runbook")


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """What triage decided. `severity` None is informational; `reasons` are whole sentences, one a decision.

    `resolve_when_quiet` says whether an incident of this type may end by itself with its last alert,
    `is_default_severity` that neither a rule nor the source named a severity.
    """

    severity: Severity | None
    type: str
    group_key: str
    title: str
    description: str
    services: tuple[str, ...]
    runbook_url: str
    resolve_when_quiet: bool
    reasons: tuple[str, ...]
    is_default_severity: bool = False


def classify(alert: Alert, policy: TriagePolicy, words: SeverityWords) -> Classified:
    """Classify by the first rule that fits and gives a type, and the first that fits and gives a severity.

    Without such a rule the type is `unknown` and the severity follows the source's own word; a word that is
    not listed, or none at all, gives the policy's default severity, never nothing.
    """
    fitting = [rule for rule in policy.rules if _fits(rule, alert)]
    incident_type, type_reason = _type(fitting, policy)
    severity, severity_reason = _severity(alert, fitting, policy, words)
    key = group_key(alert, incident_type, policy)
    return Classified(
        severity=severity,
        type=incident_type,
        group_key=key,
        title=_one_line(alert.title),
        description=alert.annotations.get("description", "").strip(),
        services=_services(alert, policy),
        runbook_url=runbook_url(alert),
        resolve_when_quiet=policy.type_policy(incident_type).resolve_when_quiet,
        reasons=(type_reason, severity_reason, f"Group {key}."),
        is_default_severity=not alert.labels.get(_SEVERITY_LABEL)
        and all(rule.verdict is None for rule in fitting),
    )


def _fits(rule: Rule, alert: Alert) -> bool:
    kind = {"source": alert.source.partition(":")[0]}
    if rule.source is not None and not (
        rule.source.matches({"source": alert.source}) or rule.source.matches(kind)
    ):
        return False
    return all(matcher.matches(alert.labels) for matcher in rule.matchers)


def _type(fitting: list[Rule], policy: TriagePolicy) -> tuple[str, str]:
    for rule in fitting:
        if rule.type is not None:
            return rule.type, f"Type {rule.type}: {_named(rule, policy)}."
    return UNKNOWN, f"Type {UNKNOWN}: no rule in {policy.path} fits."


def _severity(
    alert: Alert, fitting: list[Rule], policy: TriagePolicy, words: SeverityWords
) -> tuple[Severity | None, str]:
    for rule in fitting:
        if rule.verdict is not None:
            severity = rule.verdict.severity
            return severity, f"Severity {severity or NONE}: {_named(rule, policy)}."
    word = alert.labels.get(_SEVERITY_LABEL, "")
    default = policy.default_severity
    if not word:
        return (
            default,
            f"Severity {default}: {alert.source} named none, so the default of {policy.path} holds.",
        )
    found = translate(words, alert.source, word)
    if not found.known:
        return (
            default,
            f"Severity {default}: the word “{_one_line(word)}” of {alert.source} is not in {words.path}, "
            f"so the default of {policy.path} holds.",
        )
    return found.severity, (
        f"Severity {found.severity or NONE}: {alert.source} says “{_one_line(word)}” "
        f"({words.path}, section {found.section})."
    )


def _named(rule: Rule, policy: TriagePolicy) -> str:
    return f"rule “{rule.name}” ({policy.path}, line {rule.line})"


def _services(alert: Alert, policy: TriagePolicy) -> tuple[str, ...]:
    found = next((alert.labels[label] for label in policy.services_from if label in alert.labels), None)
    return () if found is None else (_one_line(found),)


def runbook_url(alert: Alert) -> str:
    """Take only a web address: the link will be pressed by a tired person."""
    for name in _RUNBOOK_ANNOTATIONS:
        url = alert.annotations.get(name, "").strip()
        if url.lower().startswith(("https://", "http://")) and url.isprintable() and " " not in url:
            return url
    return ""


def _one_line(text: str) -> str:
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line if len(line) <= MAX_TITLE_CHARACTERS else line[: MAX_TITLE_CHARACTERS - 1] + "…"
