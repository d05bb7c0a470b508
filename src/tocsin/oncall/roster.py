"""Read `oncall.yml`: the people, their rotation, the escalation steps, and who is told of what."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from tocsin.domain.pack_file import Located, parse
from tocsin.domain.person import Contact, Person
from tocsin.domain.severity import Severity
from tocsin.oncall.schedule import Rotation, Schedule

ADMINISTRATORS = "administrators"
"""Who is called while there is no schedule: whoever administers this installation, by the Inbox."""
INBOX = "inbox"
LAST_PATIENCE = timedelta(minutes=5)
"""How long the only step of an escalation waits to be acknowledged."""


class PageRole(StrEnum):
    """Whom an escalation step calls."""

    PRIMARY = "primary"
    SECONDARY = "secondary"


class NoticeEvent(StrEnum):
    """What a notice tells of."""

    OPENED = "opened"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    UNREACHED = "unreached"


class Repeat(StrEnum):
    """Whether the steps of an escalation begin anew after the last one."""

    UNTIL_ACKNOWLEDGED = "until acknowledged"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationStep:
    """Call this role this long after the escalation began."""

    after: timedelta
    role: PageRole


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRule:
    """Tell this address of these events of incidents of these severities."""

    contact: Contact
    severities: frozenset[Severity]
    events: frozenset[NoticeEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """An on-call file, checked. `schedule` None means that pages go to the administrators' Inbox.

    A severity without steps calls nobody. `repeats` says whether the steps begin anew while nobody answers.
    """

    path: str
    people: Mapping[str, Person]
    schedule: Schedule | None
    steps: Mapping[Severity, tuple[EscalationStep, ...]]
    notices: tuple[NoticeRule, ...]
    repeats: bool = True

    def pages(self, severity: Severity) -> bool:
        """Say whether incidents of this severity call a person."""
        return bool(self.steps.get(severity))


def parse_roster(text: str, path: str) -> Roster:
    """Read `oncall.yml`. Raises `PackProblem`."""
    root = parse(text, path).mapping(
        ("people", "schedule", "escalation", "repeat", "notices"),
        required=("people", "schedule", "escalation"),
    )
    people = {username.text: _person(username, keys) for username, keys in root["people"].entries()}
    escalation = root["escalation"].mapping(tuple(Severity))
    return Roster(
        path=path,
        people=people,
        schedule=None if root["schedule"].is_null else _schedule(root["schedule"], people),
        steps={Severity(name): _steps(written) for name, written in escalation.items()},
        notices=tuple(_notice(rule) for rule in root["notices"].sequence()) if "notices" in root else (),
        repeats="repeat" not in root or root["repeat"].choice(tuple(Repeat)) == Repeat.UNTIL_ACKNOWLEDGED,
    )


def _person(username: Located, written: Located) -> Person:
    if username.text == ADMINISTRATORS:
        raise username.problem(f"`{ADMINISTRATORS}` is not one person.", "Use the person's own username.")
    keys = written.mapping(("name", "contacts"), required=("name", "contacts"))
    contacts = tuple(_contact(contact) for contact in keys["contacts"].sequence())
    if not contacts:
        raise keys["contacts"].problem(
            f"{username.text} has no contact and could not be called.",
            "Add at least one `- {channel: …, address: …}`.",
        )
    return Person(username=username.text, name=keys["name"].string(), contacts=contacts)


def _contact(written: Located) -> Contact:
    keys = written.mapping(("channel", "address"), required=("channel", "address"))
    return Contact(channel=keys["channel"].string(), address=keys["address"].string())


def _schedule(written: Located, people: Collection[str]) -> Schedule:
    keys = written.mapping(
        ("zone", "rotation", "handover", "starts", "people"),
        required=("zone", "rotation", "handover", "starts", "people"),
    )
    return Schedule(
        zone=keys["zone"].zone(),
        rotation=Rotation(keys["rotation"].choice(tuple(Rotation))),
        handover=keys["handover"].time_of_day(),
        starts=keys["starts"].day(),
        people=_rotation_people(keys["people"], people),
    )


def _rotation_people(written: Located, people: Collection[str]) -> tuple[str, ...]:
    members = written.sequence()
    if not members:
        raise written.problem(
            "nobody is in the rotation.", "Name at least one person, or write `schedule: null`."
        )
    for member in members:
        if member.string() not in people:
            raise member.problem(
                f"`{member.text}` is not listed under `people`.", "Add the person there, or correct the name."
            )
    return tuple(member.text for member in members)


def _steps(written: Located) -> tuple[EscalationStep, ...]:
    steps: list[EscalationStep] = []
    for member in written.sequence():
        keys = member.mapping(("after", "page"), required=("after", "page"))
        after = keys["after"].duration()
        if steps and after <= steps[-1].after:
            raise keys["after"].problem(
                "the steps do not follow each other in time.",
                "Give each step a later `after` than the one above.",
            )
        steps.append(EscalationStep(after=after, role=PageRole(keys["page"].choice(tuple(PageRole)))))
    return tuple(steps)


def _notice(written: Located) -> NoticeRule:
    keys = written.mapping(
        ("channel", "address", "severities", "events"), required=("channel", "address", "severities")
    )
    severities = keys["severities"].sequence()
    events = (
        [event.choice(tuple(NoticeEvent)) for event in keys["events"].sequence()]
        if "events" in keys
        else None
    )
    return NoticeRule(
        contact=Contact(channel=keys["channel"].string(), address=keys["address"].string()),
        severities=frozenset(Severity(severity.choice(tuple(Severity))) for severity in severities),
        events=frozenset(NoticeEvent)
        if events is None
        else frozenset(NoticeEvent(event) for event in events),
    )
