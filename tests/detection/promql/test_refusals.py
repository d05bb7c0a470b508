from tocsin.detection.promql.refusals import EvaluationFailed, ExpressionRefused


def test_a_refused_expression_knows_its_place() -> None:
    refused = ExpressionRefused(7, "Here stands `)`.")
    assert (refused.offset, refused.code, refused.happened) == (7, "promql_refused", "Here stands `)`.")


def test_a_failed_evaluation_says_that_it_is_tried_again() -> None:
    failed = EvaluationFailed("Two series are the same.")
    assert failed.code == "promql_evaluation_failed"
    assert "tried again" in failed.means
