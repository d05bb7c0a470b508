"""Read who can be called: people with their contacts and own rules, teams, and rooms that have a name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from tocsin.domain.pack_file import Located
from tocsin.domain.person import Contact, Person
from tocsin.domain.severity import Severity

ADMINISTRATORS = "administrators"
"""Who is called while there is no schedule: whoever administers this installation, by the Inbox."""
INBOX = "inbox"
RESERVED = (ADMINISTRATORS, "primary", "secondary")
DEFAULT, IMPORTANT = "default", "important"
_IMPORTANT = frozenset({Severity.P1, Severity.P2})
_SETS = (DEFAULT, IMPORTANT, *Severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleStep:
    """Use these channels of one's own this long after the page."""

    after: timedelta
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalRules:
    """How one person wants to be called, by the name of a set: `default`, `important`, or a severity."""

    sets: Mapping[str, tuple[RuleStep, ...]] = field(default_factory=dict)

    def of(self, severity: Severity) -> tuple[RuleStep, ...]:
        """Return the severity's own set, else `important` for P1 and P2, else `default`; empty: none."""
        return self.sets.get(self.named(severity), ())

    def named(self, severity: Severity) -> str:
        """Return the name of the set that counts for a severity, empty where none does."""
        names = (severity.value, IMPORTANT if severity in _IMPORTANT else DEFAULT, DEFAULT)
        return next((name for name in names if name in self.sets), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Some people, one of whom may lead."""

    name: str
    members: tuple[str, ...]
    lead: str | None = None


def read_people(written: Located) -> tuple[Mapping[str, Person], Mapping[str, PersonalRules]]:
    """Read the section `people`: the persons, and the rules of those who have some. Raises `PackProblem`."""
    people: dict[str, Person] = {}
    rules: dict[str, PersonalRules] = {}
    for username, keys in written.entries():
        person, own = _person(username, keys)
        people[person.username] = person
        if own is not None:
            rules[person.username] = own
    return people, rules


def read_teams(written: Located, people: Collection[str]) -> Mapping[str, Team]:
    """Read the section `teams`. Raises `PackProblem`."""
    teams = {}
    for name, body in written.entries():
        keys = body.mapping(("members", "lead"), required=("members",))
        members = tuple(known_person(member, people) for member in keys["members"].sequence())
        if not members:
            raise keys["members"].problem(f"nobody is in the team {name.text}.", "Name at least one person.")
        lead = known_person(keys["lead"], people) if "lead" in keys else None
        teams[name.text] = Team(name=name.text, members=members, lead=lead)
    return teams


def read_channels(written: Located) -> Mapping[str, Contact]:
    """Read the section `channels`: rooms and other addresses, named once. Raises `PackProblem`."""
    return {name.text: read_contact(body) for name, body in written.entries()}


def read_contact(written: Located) -> Contact:
    """Read `{channel: …, address: …}`. Raises `PackProblem`."""
    keys = written.mapping(("channel", "address"), required=("channel", "address"))
    return Contact(channel=keys["channel"].string(), address=keys["address"].string())


def read_named(written: Located, channels: Mapping[str, Contact]) -> tuple[Contact, ...]:
    """Read one name of the section `channels`, or a list of them. Raises `PackProblem`."""
    members = written.sequence() if written.kind == "seq" else (written,)
    return tuple(_named(member, channels) for member in members)


def known_person(written: Located, people: Collection[str]) -> str:
    """Read a username that the file lists. Raises `PackProblem`."""
    if written.string() not in people:
        raise written.problem(
            f"`{written.text}` is not listed under `people`.", "Add the person there, or correct the name."
        )
    return written.text


def _named(written: Located, channels: Mapping[str, Contact]) -> Contact:
    if written.string() not in channels:
        raise written.problem(
            f"`{written.text}` is not listed under `channels`.",
            "Add `channels: {NAME: {channel: …, address: …}}`, or correct the name.",
        )
    return channels[written.text]


def _person(username: Located, written: Located) -> tuple[Person, PersonalRules | None]:
    if username.text in RESERVED:
        raise username.problem(f"`{username.text}` is not one person.", "Use the person's own username.")
    keys = written.mapping(("name", "contacts", "rules"), required=("name", "contacts"))
    contacts = tuple(read_contact(contact) for contact in keys["contacts"].sequence())
    if not contacts:
        raise keys["contacts"].problem(
            f"{username.text} has no contact and could not be called.",
            "Add at least one `- {channel: …, address: …}`.",
        )
    person = Person(username=username.text, name=keys["name"].string(), contacts=contacts)
    own = {contact.channel for contact in contacts}
    return person, _rules(keys["rules"], own) if "rules" in keys else None


def _rules(written: Located, own: Collection[str]) -> PersonalRules:
    sets = written.mapping(_SETS)
    return PersonalRules(sets={name: _rule_steps(body, own) for name, body in sets.items()})


def _rule_steps(written: Located, own: Collection[str]) -> tuple[RuleStep, ...]:
    steps = tuple(_rule_step(member, own) for member in written.sequence())
    if not steps:
        raise written.problem("the set calls by nothing.", "Add `- {after: 0m, by: [CHANNEL]}`.")
    return tuple(sorted(steps, key=lambda step: step.after))


def _rule_step(written: Located, own: Collection[str]) -> RuleStep:
    keys = written.mapping(("after", "by"), required=("after", "by"))
    by = keys["by"].sequence()
    if not by:
        raise keys["by"].problem("no channel is named.", "Name at least one of the person's contacts.")
    for channel in by:
        if channel.string() not in own:
            raise channel.problem(
                f"the person has no contact by `{channel.text}`.", "Add it to `contacts`, or leave it out."
            )
    return RuleStep(after=keys["after"].duration(), by=tuple(channel.text for channel in by))
