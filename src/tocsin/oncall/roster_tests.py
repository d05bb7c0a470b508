"""Read and run tests of an on-call file: labels and a time, and who must be called and told then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tocsin.domain.pack_file import Located, parse
from tocsin.domain.person import Contact
from tocsin.domain.severity import Severity
from tocsin.oncall.people import read_named
from tocsin.oncall.rehearsal import Occasion, Rehearsal, rehearse
from tocsin.oncall.roster import Roster

_KEYS = (
    *("name", "labels", "severity", "type", "source", "at", "acknowledged_after"),
    *("policy", "pages", "tells", "gaps"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedPage:
    """A call that must be made so long after the start. `by` are its channels used at once, None: any."""

    after: timedelta
    person: str
    by: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedNotice:
    """An address that must be told so long after the start."""

    after: timedelta
    contact: Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterTest:
    """One test. What is None is not looked at; `pages` and `tells` must be met exactly, in any order."""

    name: str
    line: int
    occasion: Occasion
    policy: str | None = None
    pages: tuple[ExpectedPage, ...] | None = None
    tells: tuple[ExpectedNotice, ...] | None = None
    gaps: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of one test: no faults is a pass."""

    test: RosterTest
    faults: tuple[str, ...]


def read_tests(text: str, path: str, roster: Roster) -> tuple[RosterTest, ...]:
    """Read a file of tests, `tests: [...]`, for an on-call file. Raises `PackProblem`."""
    keys = parse(text, path).mapping(("tests",), required=("tests",))
    return tuple(_test(member, roster) for member in keys["tests"].sequence())


def run_test(roster: Roster, test: RosterTest) -> Verdict:
    """Rehearse and compare."""
    played = rehearse(roster, test.occasion)
    faults = []
    if test.policy is not None and played.policy != test.policy:
        faults.append(f"The policy is {played.policy}, not {test.policy}. {played.why}")
    if test.pages is not None:
        faults += _page_faults(test.pages, test.occasion.at, played)
    if test.tells is not None:
        faults += _notice_faults(test.tells, test.occasion.at, played)
    if len(played.gaps) != test.gaps:
        faults += [f"Nobody can be called at {_after(gap.at, test)}: {gap.reason}" for gap in played.gaps]
        faults += [f"{test.gaps} gaps are expected, there are {len(played.gaps)}."]
    return Verdict(test=test, faults=tuple(faults))


def _page_faults(pages: tuple[ExpectedPage, ...], start: datetime, played: Rehearsal) -> list[str]:
    found = [
        (
            page.at - start,
            page.person,
            frozenset(wave.contact.channel for wave in page.waves if not wave.after),
        )
        for page in played.pages
    ]
    left, faults = list(found), []
    for page in pages:
        fitting = [one for one in left if _fits(page, one)]
        if fitting:
            left.remove(fitting[0])
            continue
        near = [f"{spoken(one[0])} {one[1]} by {', '.join(sorted(one[2]))}" for one in found]
        by = f" by {', '.join(sorted(page.by))}" if page.by is not None else ""
        faults.append(
            f"{page.person} is not called after {spoken(page.after)}{by}; "
            f"calls are: {'; '.join(near) or 'none'}."
        )
    faults += [f"{person} is called after {spoken(after)} and was not expected." for after, person, _ in left]
    return faults


def _fits(page: ExpectedPage, found: tuple[timedelta, str, frozenset[str]]) -> bool:
    after, person, by = found
    return (after, person) == (page.after, page.person) and page.by in (None, by)


def _notice_faults(tells: tuple[ExpectedNotice, ...], start: datetime, played: Rehearsal) -> list[str]:
    expected = {(one.after, one.contact) for one in tells}
    found = {(one.at - start, one.contact) for one in played.told}
    missing = sorted(expected - found, key=str)
    surplus = sorted(found - expected, key=str)
    return [
        *(f"{one.channel} {one.address} is not told after {spoken(after)}." for after, one in missing),
        *(
            f"{one.channel} {one.address} is told after {spoken(after)}, unexpected."
            for after, one in surplus
        ),
    ]


def spoken(after: timedelta) -> str:
    """Return a length of time as these files write it: `0m`, `5m`, `2d20h`."""
    seconds = int(after.total_seconds())
    found = ""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        found += f"{count}{unit}" if count else ""
    return found or "0m"


def _after(at: datetime, test: RosterTest) -> str:
    return spoken(at - test.occasion.at)


def _test(written: Located, roster: Roster) -> RosterTest:
    keys = written.mapping(_KEYS, required=("name", "severity", "at"))
    labels = keys["labels"].entries() if "labels" in keys else ()
    after = keys["acknowledged_after"].duration() if "acknowledged_after" in keys else None
    occasion = Occasion(
        labels={name.text: value.string() for name, value in labels},
        severity=Severity(keys["severity"].choice(tuple(Severity))),
        at=_instant(keys["at"]),
        type=keys["type"].string() if "type" in keys else "unknown",
        source=keys["source"].string() if "source" in keys else "",
        acknowledged_after=after,
    )
    pages = tells = None
    if "pages" in keys:
        pages = tuple(_page(member) for member in keys["pages"].sequence())
    if "tells" in keys:
        tells = tuple(one for member in keys["tells"].sequence() for one in _notices(member, roster))
    return RosterTest(
        name=keys["name"].string(),
        line=written.line,
        occasion=occasion,
        policy=keys["policy"].string() if "policy" in keys else None,
        pages=pages,
        tells=tells,
        gaps=int(keys["gaps"].number()) if "gaps" in keys else 0,
    )


def _page(written: Located) -> ExpectedPage:
    keys = written.mapping(("after", "person", "by"), required=("after", "person"))
    by = frozenset(keys["by"].strings()) if "by" in keys else None
    return ExpectedPage(after=keys["after"].duration(), person=keys["person"].string(), by=by)


def _notices(written: Located, roster: Roster) -> tuple[ExpectedNotice, ...]:
    keys = written.mapping(("after", "to"), required=("after", "to"))
    after = keys["after"].duration()
    return tuple(ExpectedNotice(after=after, contact=one) for one in read_named(keys["to"], roster.channels))


def _instant(written: Located) -> datetime:
    try:
        at = datetime.fromisoformat(written.string())
    except ValueError as error:
        raise written.problem(
            f"`{written.text}` is not a time.", "Write it as `2026-11-24T10:00:00Z`."
        ) from error
    if at.tzinfo is None:
        raise written.problem(f"`{written.text}` has no zone.", "Write it as `2026-11-24T10:00:00Z`.")
    return at.astimezone(UTC)
