"""What packs say in words, each person, policy, route or word by its name, so that two can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from tocsin.app.policies import Policies
from tocsin.domain.matchers import Matcher
from tocsin.domain.page import address_digest
from tocsin.domain.person import Contact
from tocsin.domain.silence import Silence
from tocsin.oncall.alertmanager.file import Configuration
from tocsin.oncall.alertmanager.routes import walk
from tocsin.oncall.policies import UNTIL_ACKNOWLEDGED, Policy, PolicyStep
from tocsin.oncall.roster import Roster
from tocsin.oncall.routes import Route
from tocsin.oncall.waits import Wait
from tocsin.triage.noise_policy import NoisePolicy
from tocsin.triage.policy import Rule, TriagePolicy
from tocsin.triage.severities import NONE, SeverityWords, Vocabulary

Sections = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """One thing that means something else: `before` is empty for what is new, `after` for what is gone."""

    section: str
    name: str
    before: str
    after: str

    @property
    def text(self) -> str:
        """Return the change as a sentence without its end."""
        if not self.before:
            return f"new: {self.after}"
        return f"gone; was: {self.before}" if not self.after else f"was: {self.before}; becomes: {self.after}"


def meanings(old: Sections, new: Sections) -> tuple[Meaning, ...]:
    """Return what differs, by section and name, in the order of the sections."""
    return tuple(
        Meaning(section=section, name=name, before=before, after=after)
        for section in dict.fromkeys((*old, *new))
        for name in dict.fromkeys((*old.get(section, {}), *new.get(section, {})))
        if (before := old.get(section, {}).get(name, "")) != (after := new.get(section, {}).get(name, ""))
    )


def sections_of(policies: Policies, alertmanager: Configuration | None) -> Sections:
    """Return all that packs say, by section and name. Addresses and secrets appear as short digests only."""
    roster, triage = policies.roster, policies.triage
    return {
        **_roster(roster),
        "severities": dict(_severities(policies.words)),
        "triage": dict(_triage(triage)),
        "noise": dict(_noise(policies.noise)),
        "maintenance windows": {
            each.created_by.partition(": ")[2]: _window(each) for each in policies.windows
        },
        "sources": {
            each.pattern: f"every {each.every or 'as learned'}, silence is {each.severity or NONE}"
            for each in policies.expectations
        },
        "clocks": {severity.value: repr(clocks) for severity, clocks in policies.clocks.clocks.items()},
        "detection rules": dict(_rules(policies)),
        "alertmanager.yml": {} if alertmanager is None else dict(_alertmanager(alertmanager)),
    }


def _roster(roster: Roster) -> Sections:
    return {
        "people": {name: _person(roster, name) for name in roster.people},
        "teams": {
            name: f"{', '.join(team.members)}; lead {team.lead or 'nobody'}"
            for name, team in roster.teams.items()
        },
        "rooms": {name: _contact(contact) for name, contact in roster.channels.items()},
        "policies": dict(_policies(roster.policies.values())),
        "routes": dict(_routes(roster.routes)),
        "notices": {
            f"{number} {_contact(rule.contact)}": f"of {_joined(rule.severities)}: {_joined(rule.events)}"
            for number, rule in enumerate(roster.notices, start=1)
        },
        "limits": {
            name: f"{limit.most} in {_length(limit.within)}" if limit else NONE
            for name, limit in roster.limits.by_channel.items()
        },
    }


def _person(roster: Roster, name: str) -> str:
    said = f"by {', '.join(_contact(each) for each in roster.people[name].contacts) or 'nothing'}"
    rules = roster.rules.get(name)
    for which, steps in sorted(rules.sets.items()) if rules else ():
        said += f"; {which}: " + ", ".join(f"{_length(one.after)} {'+'.join(one.by)}" for one in steps)
    return said


def _contact(contact: Contact) -> str:
    """An address may be a secret itself, so only a digest tells two apart."""
    return f"{contact.channel} #{address_digest(contact.channel, contact.address)[:6]}"


def _policies(policies: Iterable[Policy]) -> Iterator[tuple[str, str]]:
    for policy in policies:
        for severity, steps in sorted(policy.steps.items()):
            yield f"{policy.name} {severity}", ", then ".join(map(_step, steps)) or "calls nobody"
        rounds = UNTIL_ACKNOWLEDGED if policy.rounds is None else f"{policy.rounds} rounds"
        yield (
            f"{policy.name}, in the end",
            rounds + (f", then {policy.hand_over}" if policy.hand_over else ""),
        )


def _step(step: PolicyStep) -> str:
    said = f"after {_wait(step.after)}"
    if step.page:
        people = ", ".join(f"{one.kind} {one.name}" for one in step.page)
        said += f" page {people}"
    said += f" by {', '.join(step.by)}" if step.by else ""
    said += f" or {', '.join(step.fallback)}" if step.fallback else ""
    said += f" until {step.needs} have acknowledged" if step.needs > 1 else ""
    return said + (f" tell {', '.join(map(_contact, step.tell))}" if step.tell else "")


def _wait(wait: Wait) -> str:
    if wait.calendar is None:
        return _length(wait.elapsed)
    return f"{wait.hours} business hours" if wait.hours else f"{wait.days} business days"


def _routes(routes: Iterable[Route], above: str = "") -> Iterator[tuple[str, str]]:
    """Yield routes with their place among their siblings: another order is another meaning."""
    for number, one in enumerate(routes, start=1):
        name = f"{above}{number} “{one.name}”"
        tell = f", tell {', '.join(map(_contact, one.tell))}" if one.tell else ""
        goes_on = ", continue" if one.continues else ""
        yield name, f"when {_matched(one.matchers)}: {one.policy or 'the policy above'}{tell}{goes_on}"
        yield from _routes(one.routes, f"{name} → ")


def _severities(words: SeverityWords) -> Iterator[tuple[str, str]]:
    named: dict[str, Vocabulary] = {"every source": words.common, **words.sources}
    for source, vocabulary in named.items():
        for word, severity in vocabulary.words.items():
            yield f"“{word}” of {source}", severity or NONE
        for least, severity in vocabulary.bands:
            yield f"{least:g} and more of {source}", severity or NONE


def _triage(triage: TriagePolicy) -> Iterator[tuple[str, str]]:
    yield "severity where none is named", triage.default_severity
    yield "group by", str(triage.group_by.parts)
    yield from ((f"group by, of {name}", str(by.parts)) for name, by in triage.group_by_of_source.items())
    for name, kind in triage.types.items():
        group = str(kind.group_by.parts) if kind.group_by else "as all"
        ends = "ends when quiet" if kind.resolve_when_quiet else "stays until a person ends it"
        yield f"type {name}", f"{ends}, group by {group}"
    yield from ((f"rule {n} “{one.name}”", _rule(one)) for n, one in enumerate(triage.rules, start=1))


def _rule(rule: Rule) -> str:
    source = f"source {rule.source.value}, " if rule.source else ""
    severity = f", severity {rule.verdict.severity or NONE}" if rule.verdict else ""
    return f"when {source}{_matched(rule.matchers) or 'anything'}: type {rule.type or 'as it is'}{severity}"


def _noise(noise: NoisePolicy) -> Iterator[tuple[str, str]]:
    for rule in noise.inhibit:
        equal = f", same {', '.join(rule.equal)}" if rule.equal else ""
        yield f"“{rule.name}”", f"{_matched(rule.source)} mutes {_matched(rule.target)}{equal}"
    for severity, longest in noise.longest.items():
        yield f"longest silence of {severity}", _length(longest)
    yield "two people are needed for", _joined(noise.guarded)
    flapping = noise.flapping
    yield "flapping", f"{flapping.times} in {_length(flapping.within)}, calm {_length(flapping.calm)}"


def _window(window: Silence) -> str:
    again = window.recurrence
    when = f"{again.rule} {again.zone} for {_length(again.lasts)}" if again else "once"
    return (
        f"{_matched(window.matchers)}; {when}, from {window.starts_at:%Y-%m-%d %H:%M} UTC until "
        f"{window.ends_at:%Y-%m-%d}; {window.owner}: {window.comment}"
    )


def _rules(policies: Policies) -> Iterator[tuple[str, str]]:
    for rule in policies.rules.rules:
        yield rule.header.title, f"level {rule.header.level}"
    for correlation in policies.rules.correlations:
        yield correlation.header.title, f"correlation, level {correlation.header.level}"
    for group in policies.metric_rules.groups:
        for each in group.rules:
            yield f"{group.name}: {each.name}", each.expr_text


def _alertmanager(file: Configuration) -> Iterator[tuple[str, str]]:
    for name, integrations in file.receivers.items():
        told = (
            f"{one.name} #{address_digest(one.kind, repr(sorted(one.settings.items())))[:6]}"
            for one in integrations
        )
        yield f"receiver {name}", ", ".join(told) or "tells nobody"
    for route in walk(file.root):
        grouped = "by its route above" if route.group_by is None else f"by {', '.join(route.group_by)}"
        yield f"route {route.path}", f"when {_matched(route.matchers)}: {route.receiver}, grouped {grouped}"
    for number, rule in enumerate(file.inhibit_rules, start=1):
        yield f"inhibition {number}", f"{_matched(rule.source)} mutes {_matched(rule.target)}"


def _matched(matchers: Iterable[Matcher]) -> str:
    return ", ".join(one.text for one in matchers)


def _joined(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _length(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    if seconds and seconds % 60:
        return f"{seconds}s"
    hours, minutes = divmod(seconds // 60, 60)
    return f"{minutes}m" if not hours else f"{hours}h{f'{minutes}m' if minutes else ''}"
