import pytest

from tocsin.detection.promql.refusals import EvaluationFailed
from tocsin.detection.promql.vector import Point, distinct


def test_two_points_of_the_same_labels_fail() -> None:
    point = Point((("job", "a"),), 1.0)
    with pytest.raises(EvaluationFailed, match=r'same labelset: \{job="a"\}'):
        distinct([point, Point((), 1.0), point])


def test_a_vector_of_different_labels_passes() -> None:
    points = [Point((("job", "a"),), 1.0), Point((), 1.0)]
    assert distinct(points) is points
