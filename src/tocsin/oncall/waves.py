"""Plan by which contacts a page goes out, and when each: at once, later by the person's rules, or in need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tocsin.domain.person import Contact
from tocsin.domain.severity import Severity
from tocsin.oncall.people import PersonalRules
from tocsin.oncall.policies import PolicyStep

SILENCE = timedelta(minutes=1)
"""How long at most a channel is waited for before the next of the order is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """One contact of a page. `in_need` says that it is used only while no other has accepted the page."""

    contact: Contact
    after: timedelta = timedelta()
    in_need: bool = False


def waves(
    contacts: tuple[Contact, ...],
    rules: PersonalRules | None,
    severity: Severity,
    step: PolicyStep,
    patience: timedelta,
) -> tuple[Wave, ...]:
    """Return the contacts in the order in which they are used; never none for a person who has some.

    A step's `by` wins over the person's rules. Without either all are used at once. Contacts that neither
    names stand ready for need: the step's `fallback` first, each a moment after the one before it, all
    within the time to acknowledge.
    """
    planned = _chosen(contacts, step.by) if step.by else _by_rules(contacts, rules, severity)
    if not planned:
        planned = [Wave(contact=contact) for contact in contacts if contact.channel not in step.fallback]
    used = {wave.contact for wave in planned}
    if not used:
        return tuple(Wave(contact=contact) for contact in contacts)
    is_limited = bool(step.by or step.fallback or rules)
    ready = [one for one in _ordered(contacts, step.fallback) if one not in used] if is_limited else []
    gap = min(SILENCE, patience / (len(ready) + 1))
    spare = [Wave(contact=one, after=gap * (n + 1), in_need=True) for n, one in enumerate(ready)]
    return (*planned, *spare)


def chosen_by(person: str, rules: PersonalRules | None, severity: Severity, step: PolicyStep) -> str:
    """Say in a sentence what chose the channels: the step, a set of the person's own rules, or nothing."""
    if step.by:
        return f"The step asks for {', '.join(step.by)}."
    name = rules.named(severity) if rules else ""
    if name:
        return f"The rules of {person} choose the channels: set “{name}”."
    return f"{person} has no rule for {severity.label}, so every contact is used."


def spoken(planned: tuple[Wave, ...]) -> str:
    """Say in a sentence which channels are used when, `sms at once, voice after 2 min if needed`."""
    return f"By {', '.join(_spoken(wave) for wave in planned)}."


def _spoken(wave: Wave) -> str:
    minutes, seconds = divmod(int(wave.after.total_seconds()), 60)
    parts = ((minutes, "min"), (seconds, "s"))
    after = " ".join(f"{count} {unit}" for count, unit in parts if count)
    return f"{wave.contact.channel} {f'after {after}' if after else 'at once'}{' if needed' * wave.in_need}"


def _chosen(contacts: tuple[Contact, ...], by: tuple[str, ...]) -> list[Wave]:
    return [Wave(contact=one) for channel in by for one in contacts if one.channel == channel]


def _by_rules(contacts: tuple[Contact, ...], rules: PersonalRules | None, severity: Severity) -> list[Wave]:
    planned: dict[tuple[Contact, timedelta], Wave] = {}
    for rule in rules.of(severity) if rules else ():
        for contact in contacts:
            if contact.channel in rule.by:
                planned.setdefault((contact, rule.after), Wave(contact=contact, after=rule.after))
    return list(planned.values())


def _ordered(contacts: tuple[Contact, ...], fallback: tuple[str, ...]) -> list[Contact]:
    """The step's fallback comes first; then, in the person's own order, what nobody named."""
    first = [one for channel in fallback for one in contacts if one.channel == channel]
    return [*first, *(one for one in contacts if one not in first)]
