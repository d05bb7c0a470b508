"""What a reader gathers is whole: names are unique, and nothing is left out in silence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tocsin.domain.local_time import UTC_ZONE
from tocsin.domain.override import OverrideKind
from tocsin.oncall.imports import draft as drafts
from tocsin.oncall.imports.carried import CarriedStep
from tocsin.oncall.imports.draft import Draft
from tocsin.oncall.imports.rows import ImportRefused
from tocsin.oncall.imports.turning import Turning, Unit
from tocsin.oncall.schedules.asking import Span

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ADA = CarriedStep(after=timedelta(), page=("ada",))


def turning(**more) -> Turning:
    usual = {"every": 1, "anchor": NOW - DAY, "people": ("ada",), "unit": Unit.DAYS}
    return Turning(name="r", zone=UTC_ZONE, **{**usual, **more})


@pytest.fixture
def draft() -> Draft:
    """Return a draft with two people and a schedule in which both are always on call."""
    made = Draft("goalert", NOW)
    made.add_person("1", ("ada@example.org", "Ada"), (), {})
    made.add_person("2", ("", "Ben"), (), {})
    strands = tuple(made.strand(turning(people=(one,)), "s") for one in ("ada", "ben"))
    made.add_schedule("s1", "web", UTC_ZONE, ((*strands, ()), ()))
    return made


def test_a_schedule_of_two_is_called_by_two_targets(draft: Draft) -> None:
    assert draft.targets("s1") == ("primary of web", "primary of web (2)")
    assert (draft.targets("s2"), draft.schedule("s2")) == ((), None)
    draft.add_schedule("s2", " web ", UTC_ZONE, ((draft.strand(turning(), "s"),),))
    draft.add_schedule("s3", "web", UTC_ZONE, (), own=[draft.strand(turning(), "s")])
    assert [draft.targets(key, "secondary") for key in ("s2", "s3")] == [
        ("secondary of web #2",),
        ("secondary of web #3",),
    ]


def test_a_schedule_of_nobody_is_named(draft: Draft) -> None:
    draft.add_schedule("s2", "empty", UTC_ZONE, ())
    assert any("schedule empty: nobody is ever" in one for one in draft.carried().warnings)


def test_more_schedules_than_anybody_has_are_refused(draft: Draft, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "MAX_SCHEDULES", 1)
    with pytest.raises(ImportRefused, match="more than 1 schedules"):
        draft.add_schedule("s2", "more", UTC_ZONE, ())


@pytest.mark.parametrize(
    "more",
    [
        {"every": 0},
        {"every": 9001},
        {"people": ("ada",) * 501},
        {
            "unit": Unit.MONTHS,
            "every": 9000,
            "people": ("ada",) * 500,
            "begins": NOW - 9 * DAY,
            "anchor": NOW,
        },
    ],
)
def test_turns_beyond_all_bounds_are_named(draft: Draft, more) -> None:
    assert draft.strand(turning(**more), "place") == ()
    assert any(one.startswith("place: its") for one in draft.carried().warnings)


def test_a_zone_that_is_none_is_utc(draft: Draft) -> None:
    assert draft.zone("../../etc/passwd", "here") is UTC_ZONE
    assert draft.zone("Europe/Berlin", "here").key == "Europe/Berlin"
    assert "here: `../../etc/passwd` is not a time zone; UTC is used" in draft.carried().warnings


def test_who_is_not_in_the_export_stays_in_the_turns(draft: Draft) -> None:
    assert [draft.person(key, called) for key, called in (("1", ""), ("9", "Eve"), ("8", ""))] == [
        "ada",
        "eve",
        "8",
    ]
    assert any("person Eve" in one for one in draft.carried().warnings)


def test_overrides_are_made_in_every_schedule_that_stands_for_the_one(draft: Draft) -> None:
    span = Span(starts_at=NOW, ends_at=NOW + DAY)
    draft.add_override("s1", OverrideKind.REPLACE, span, ("ada", None))
    draft.add_override("s1", OverrideKind.ADD, span, ("ada", None))
    draft.add_override("s1", OverrideKind.REPLACE, span, ("ben", None), [1])
    draft.add_override("none", OverrideKind.REPLACE, span, ("ada", None))
    draft.add_override("s1", OverrideKind.REPLACE, Span(starts_at=NOW - DAY, ends_at=NOW), ("ada", None))
    draft.add_override(
        "s1", OverrideKind.REPLACE, Span(starts_at=NOW, ends_at=NOW + 400 * DAY), ("ada", None)
    )
    carried = draft.carried()
    assert [(one.schedule, one.person) for one in carried.overrides] == [
        ("web", "ada"),
        ("web (2)", "ada"),
        ("web", "ada"),
        ("web (2)", "ben"),
    ]
    assert any("lasts over a year" in one for one in carried.warnings)


def test_steps_at_the_same_time_are_one_and_rounds_are_compared(draft: Draft) -> None:
    steps = (
        CarriedStep(after=timedelta(minutes=5), page=("ben",)),
        ADA,
        CarriedStep(after=timedelta(), page=("ben", "ada")),
        CarriedStep(after=timedelta(minutes=9), page=()),
    )
    five = timedelta(minutes=5)
    draft.add_policy("p1", "one", steps, 2, five)
    draft.add_policy("p2", "one", (ADA,), 2, five)
    draft.add_policy("p3", "", (ADA,), 2, DAY)
    draft.add_policy("p4", "empty", (), 1)
    carried = draft.carried()
    assert [one.name for one in carried.policies] == ["default", "one", "one #2", "p3"]
    assert [one.page for one in carried.policies[1].steps] == [("ada", "ben"), ("ben",)]
    said = [one for one in carried.warnings if "new round" in one]
    assert len(said) == 1
    assert "1 day" in said[0]
    assert any("policy empty: it calls nobody" in one for one in carried.warnings)


def test_the_policy_of_most_routes_is_the_default(draft: Draft) -> None:
    draft.add_policy("p1", "one", (ADA,), 1)
    draft.add_policy("p2", "two", (CarriedStep(after=timedelta(), page=("ben",)),), 1)
    draft.add_route("service", "a\\b", "p2")
    draft.add_route("service", "c", "none")
    carried = draft.carried()
    assert (carried.policies[0].name, carried.policies[0].steps[0].page) == ("default", ("ben",))
    assert carried.routes[0].when == 'service = "a\\\\b"'
    draft.add_policy("p3", "default", (ADA,), 1)
    assert [one.name for one in draft.carried().policies] == ["one", "two", "default"]


def test_without_a_policy_the_first_schedule_is_called(draft: Draft) -> None:
    (default,) = draft.carried().policies
    assert default.steps[0].page == ("primary of web", "primary of web (2)")


def test_an_export_of_nothing_is_refused() -> None:
    with pytest.raises(ImportRefused, match="no schedule and no policy"):
        Draft("goalert", NOW).carried()


def test_teams_of_nobody_are_no_teams(draft: Draft) -> None:
    draft.add_team("t1", "web", ("ada", "ada"))
    draft.add_team("t2", "empty", ())
    assert (draft.team("t1"), draft.team("t2")) == (("everybody of web",), ())
    assert draft.carried().teams[0].members == ("ada",)


def test_shifts_without_times_are_none(draft: Draft) -> None:
    draft.add_rendered("s1", NOW, NOW + DAY, "ada")
    draft.add_rendered("s1", NOW, NOW, "ada")
    draft.add_rendered("s1", None, NOW, "ada")
    draft.add_rendered("s1", NOW, None, "ada")
    draft.add_rendered("none", NOW, NOW + DAY, "ada")
    assert len(draft.carried().rendered) == 1
