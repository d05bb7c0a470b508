"""A problem says where, what and what to do."""

from __future__ import annotations

from tocsin.detection.problems import Place, RuleRejected


def test_a_problem_reads_as_one_line_that_an_editor_can_jump_to() -> None:
    rejected = RuleRejected(Place(4, 7), "The level `hgih` is unknown.", next_step="Use high.")
    problem = rejected.problem(path="rules/a.yml", rule="Failed Login")
    assert str(problem) == "rules/a.yml:4:7: [Failed Login] The level `hgih` is unknown. Use high."
    assert str(rejected.problem(path="a.yml", rule="")) == "a.yml:4:7: The level `hgih` is unknown. Use high."


def test_a_rejected_rule_explains_that_the_others_are_loaded() -> None:
    rejected = RuleRejected(Place(1, 1), "It is broken.", next_step="Mend it.")
    assert rejected.explain() == "It is broken.\nThis rule is not loaded; every other rule is.\nMend it."
    assert rejected.code == "rule_rejected"
