"""Everything that packs configure, parsed and checked before anything is started by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.app.calendar_files import files_of
from tocsin.app.pack_tree import tree_in_home
from tocsin.app.packs import Packs
from tocsin.app.pattern_cache import PatternFolder
from tocsin.app.rule_cache import load_remembered
from tocsin.detection.engine import Plan, compile_plan
from tocsin.detection.promql.rule_files import RuleGroups, load_with_twins
from tocsin.detection.rules import RuleSet
from tocsin.domain.errors import Misconfigured
from tocsin.domain.silence import Silence
from tocsin.incidents.clock_policy import ClockPolicy, parse_clocks
from tocsin.intake.heartbeat import Expectation, read_expectations
from tocsin.oncall.roster import Roster, parse_roster
from tocsin.triage.maintenance import parse_maintenance
from tocsin.triage.noise_policy import NoisePolicy, parse_noise
from tocsin.triage.policy import TriagePolicy, parse_policy
from tocsin.triage.severities import SeverityWords, parse_severities

DETECTION_WORDS = "detection"


@dataclass(frozen=True, slots=True)
class Policies:
    """Everything that is configured in pack files, parsed and checked.

    `files` are those of the home's own packs that it was read from, each with its SHA-256 (hex).
    """

    triage: TriagePolicy
    words: SeverityWords
    clocks: ClockPolicy
    roster: Roster
    rules: RuleSet
    metric_rules: RuleGroups
    expectations: tuple[Expectation, ...]
    noise: NoisePolicy
    windows: tuple[Silence, ...]
    files: Mapping[str, str] = field(default_factory=dict)


def build_policies(packs: Packs) -> Policies:
    """Parse the packs in force. Raises `PackProblem`, `Misconfigured`."""
    # First, so that what changes meanwhile is noticed as another state.
    files = {} if packs.instead else tree_in_home(packs.home).digests
    triage, oncall = packs.file("triage.yml"), packs.file("oncall.yml")
    severities, sources = packs.file("severities.yml"), packs.file("sources.yml")
    noise, maintenance = packs.file("noise.yml"), packs.file("maintenance.yml")
    return Policies(
        triage=parse_policy(triage.text, triage.path),
        words=parse_severities(severities.text, severities.path),
        clocks=parse_clocks(triage.text, triage.path),
        roster=parse_roster(oncall.text, oncall.path, files_of(packs.calendar_files())),
        rules=load_remembered(
            [(file.path, file.text) for file in packs.rule_files()],
            packs.home / "cache" / "rules",
            packs.tables(),
        ),
        metric_rules=load_with_twins((file.path, file.text) for file in packs.metric_rule_files()),
        expectations=read_expectations(sources.text, sources.path),
        noise=parse_noise(noise.text, noise.path),
        windows=parse_maintenance(maintenance.text, maintenance.path),
        files=files,
    )


def plan_of(rules: RuleSet, words: SeverityWords, patterns: PatternFolder | None = None) -> Plan:
    """Compile rules with our own words for Sigma's levels. Raises `Misconfigured` where there are none."""
    section = words.sources.get(DETECTION_WORDS)
    if section is None:
        raise Misconfigured(
            f"{words.path} has no section {DETECTION_WORDS!r} under `sources`.",
            means="Tocsin does not start, because what detection finds would have no severity.",
            next_step=f"Copy the section {DETECTION_WORDS!r} from the shipped severities.yml.",
        )
    return compile_plan(rules, levels=section.words, patterns=patterns)
