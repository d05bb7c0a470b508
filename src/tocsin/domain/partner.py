"""What somebody does to an incident from a partner's side: in Slack, on the phone, in PagerDuty."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ActKind(StrEnum):
    """What can be done from outside."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    ESCALATE = "escalate"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerAct:
    """One act as a partner told it; the partner is authentic, the person is only who the partner says.

    `person` is the partner's own id of the person, `shown` how the partner names them. `incident` is what the
    partner calls the incident: `INC-3`, its id, or the key that we gave it. Where it is empty, `alert_key`
    names one of the partner's own alerts, whose incident is meant. `text` is a note or a reason.
    """

    partner: str
    person: str
    kind: ActKind
    incident: str = ""
    alert_key: str = ""
    shown: str = ""
    text: str = ""

    @property
    def who(self) -> str:
        """Return the name under which a link from this person to an account is kept, `slack:U024BE7LH`."""
        return f"{self.partner}:{self.person}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActOutcome:
    """What became of an act. `told` is a sentence for the person.

    `link_code` is there when nobody is linked to the person yet: whoever is signed in here and enters it says
    that this is them. `incident` is a short name, empty where none was found.
    """

    act: PartnerAct
    is_done: bool
    told: str
    incident: str = ""
    link_code: str = ""
