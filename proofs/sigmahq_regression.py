"""SigmaHQ's regression data against every live SigmaHQ rule: each event log has to fire its rule, exactly.

`python proofs/sigmahq_regression.py sigmahq.tar.gz` reads SigmaHQ's rules and `regression_data` from an
archive of its repository. Each .evtx is read as a hunt reads it; its JSON twin has to give the same hits of
all rules. Ends with 1 when a rule stays silent, when it counts otherwise than stated without a reason in
`tests/sigmahq_cases.py`, or when a log and its twin differ.
"""

from __future__ import annotations

import argparse
import sys
import tarfile
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from sigmahq_cases import EXCEPTIONS, Case, cases
from tocsin.detection.matching.matcher import Matcher
from tocsin.detection.rules import RuleSet, load

WANTED_CASES = 202


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("archive", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, tarfile.open(given.archive) as archive:
        archive.extractall(folder, filter="data")
        return proven(Path(folder))


def proven(root: Path) -> int:
    begun = time.perf_counter()
    rules = load(
        (path.as_posix(), path.read_text("utf-8"))
        for path in sorted(each for folder in root.glob("rules*") for each in folder.rglob("*.yml"))
    )
    matcher = Matcher(rules.rules)
    loaded_s = time.perf_counter() - begun
    found = [judged(case, matcher, rules) for case in cases(root)]
    silent = sum(count == 0 for _, count, _ in found)
    stated = [(case, count) for case, count, _ in found if case.stated is not None]
    exact = sum(case.stated == count for case, count in stated)
    wrong = [(case, count) for case, count, _ in found if case.wanted not in (None, count)]
    differing = sum(differs for *_, differs in found)
    print(f"{len(rules.rules)} rules loaded in {loaded_s:.1f} s, {len(rules.problems)} refused")
    print(
        f"{len(found)} event logs, {silent} silent; {len(stated)} state a count, {exact} of them exactly ours"
    )
    print(f"{differing} logs give other hits of any rule than their JSON twin")
    for case, count in stated:
        if case.stated != count:
            reason = EXCEPTIONS.get(case.rule, (0, "NO REASON"))[1]
            print(f"  {case.title}: {count}, not {case.stated}. {reason}")
    return 1 if silent or wrong or differing or len(found) != WANTED_CASES else 0


def judged(case: Case, matcher: Matcher, rules: RuleSet) -> tuple[Case, int, bool]:
    """Return the case, how often its rule fired, and whether its twin gives other hits of any rule."""
    hits = [matcher.hits(record) for record in case.records()]
    count = sum(any(rules.rules[number].header.id == case.rule for number in each) for each in hits)
    return case, count, hits != [matcher.hits(record) for record in case.twins()]


if __name__ == "__main__":
    sys.exit(main())
