"""Setting a flag keeps the state and the variant that it had."""

from __future__ import annotations

from tocsin.connectors.flags.performers import SET
from tocsin.domain.playing import rehearse
from tocsin.response.declaring import faults_of

ARGUMENTS = {"flag": "CLAUDE_DEGRADATION", "variant": "on"}


def test_a_flag_is_one_write_that_is_taken_back_by_another() -> None:
    assert faults_of(SET) == ()
    kept = rehearse(SET.before(ARGUMENTS)).given
    [write] = rehearse(SET.perform(ARGUMENTS, kept, "k")).calls
    assert write.parameters == {
        "file": "default",
        "flag": "CLAUDE_DEGRADATION",
        "value": {"state": "ENABLED", "variant": "on"},
    }
    assert SET.undo is not None
    [back] = rehearse(SET.undo(ARGUMENTS, kept, "k")).calls
    assert back.parameters["value"] == {"state": "ENABLED", "variant": "off"}
