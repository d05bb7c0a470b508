"""A fault is one line that an author can act on."""

from __future__ import annotations

import pytest

from tocsin.domain.pack_file import PackProblem, parse
from tocsin.runbooks.faults import Fault, RunbookWrong, fault_of


def test_a_fault_is_one_line() -> None:
    fault = Fault(path="a.yml", line=3, column=5, reason="It is wrong.", next_step="Mend it.")
    assert str(fault) == "a.yml:3:5: It is wrong. Mend it."
    warned = Fault(path="a.yml", line=3, column=5, reason="Odd.", next_step="Look.", warning=True)
    assert str(warned) == "a.yml:3:5: warning: Odd. Look."
    assert str(fault) in RunbookWrong("a.yml", [fault, warned]).explain()


def test_a_problem_of_the_file_becomes_a_fault_without_naming_its_place_twice() -> None:
    with pytest.raises(PackProblem) as caught:
        parse("a: 1", "a.yml").string()
    assert str(fault_of(caught.value)).startswith("a.yml:1:1: A text is expected here, found a mapping.")
