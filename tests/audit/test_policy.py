from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from tocsin.audit.checkpoint import CheckpointRefused, Head, body
from tocsin.audit.cosignature import ML_DSA_44, CosignerKey
from tocsin.audit.note import NoteRefused, NoteSignature, TypedKey, format_note
from tocsin.audit.policy import Group, Policy, PolicyRefused, Witness, cosigned, parse_policy, quorate
from tocsin.audit.policy import QuorumMissing as Missing

LOG = "tocsin.example/audit+e3a36f0a+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
W1 = "witness.example/w1+df1c0a35+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU"
LOG2 = TypedKey("tocsin.example/audit", 6, bytes(1312)).text


def vkey(number: int, name: str = "w", algorithm: int = 4) -> str:
    return TypedKey(name, algorithm, number.to_bytes(32, "big")).text


POLICY = f"""\
# Logs
log {LOG} https://tocsin.example/log/
log {LOG2}

\twitness  X1\t{W1}   https://w1.example/ \t
witness X2 {vkey(2)}
witness X3 {vkey(3)}
group X 2 X1 X2 X3
witness Y1 {vkey(4)}
witness Y2 {vkey(5)}
group Y any Y1 Y2
group X-and-Y all X Y
quorum X-and-Y
"""


def test_the_policy_of_the_format_is_read() -> None:
    policy = parse_policy(POLICY.encode())
    assert [line.key.text for line in policy.logs] == [LOG, LOG2]
    assert policy.logs[0].url == "https://tocsin.example/log/"
    assert [each.name for each in policy.witnesses] == ["X1", "X2", "X3", "Y1", "Y2"]
    assert policy.witnesses[0].url == "https://w1.example/"
    assert policy.groups == (
        Group("X", 2, ("X1", "X2", "X3")),
        Group("Y", 1, ("Y1", "Y2")),
        Group("X-and-Y", 2, ("X", "Y")),
    )
    assert policy.quorum == "X-and-Y"


def test_every_set_of_witnesses_is_judged_as_the_groups_say() -> None:
    policy = parse_policy(POLICY.encode())
    names = [each.name for each in policy.witnesses]
    for count in range(6):
        for some in combinations(names, count):
            enough = len({"X1", "X2", "X3"} & set(some)) >= 2 and bool({"Y1", "Y2"} & set(some))
            assert policy.is_met_by(some) is enough


def test_a_quorum_of_none_and_of_one_witness() -> None:
    none = parse_policy(b"quorum none")
    assert none == Policy()
    assert none.is_met_by(())
    one = parse_policy(f"witness a {W1}\nquorum a\n".encode())
    assert one.is_met_by(["a"])
    assert not one.is_met_by(["b"])


def test_names_are_octets_whatever_they_are() -> None:
    kelvin = f"witness K {vkey(1)}\nwitness \u212a {vkey(2)}\nwitness ".encode()
    policy = parse_policy(
        kelvin + b"\xff\xfe " + f"{vkey(3)}\ngroup g 3 K \u212a ".encode() + b"\xff\xfe\nquorum g"
    )
    assert len({each.name for each in policy.witnesses}) == 3


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        pytest.param("", 0, "no quorum", id="nothing"),
        pytest.param(f"log {LOG}\n", 0, "no quorum", id="no quorum"),
        pytest.param("#" * (1 << 20) + "\n", 0, "longer", id="a giant"),
        pytest.param("quorum none\r\n", 1, "control", id="a carriage return"),
        pytest.param("quorum none\n#\x7f", 2, "control", id="a control character in a comment"),
        pytest.param("\n\nlogs x\n", 3, "begins with none", id="an unknown word"),
        pytest.param("quorum none # comment\n", 1, "quorum line is", id="a comment behind a line"),
        pytest.param("quorum none\nquorum none\n", 2, "already", id="two quorums"),
        pytest.param("quorum\n", 1, "quorum line is", id="an empty quorum"),
        pytest.param("quorum a\n", 1, "no witness or group", id="an unknown quorum"),
        pytest.param(f"quorum a\nwitness a {W1}\n", 1, "no witness or group", id="a quorum named too early"),
        pytest.param("log\n", 1, "log line is", id="a log without key"),
        pytest.param(f"log {LOG} url more\n", 1, "log line is", id="a log with too much"),
        pytest.param("log nonsense\n", 1, "form", id="a malformed vkey"),
        pytest.param(f"log {W1}\n", 1, "type 4", id="a witness's key for a log"),
        pytest.param(f"log {vkey(1, algorithm=5)}\n", 1, "neither", id="a log key of an unknown type"),
        pytest.param(f"log {LOG}\nlog {LOG}\n", 2, "earlier log", id="the same log twice"),
        pytest.param(
            f"log {vkey(1, 'a', 1)}\nlog {vkey(1, 'b', 1)}\n", 2, "earlier log", id="a log key of two names"
        ),
        pytest.param("witness a\n", 1, "witness line is", id="a witness without key"),
        pytest.param(f"witness a {W1} url more\n", 1, "witness line is", id="a witness with too much"),
        pytest.param(f"witness a {LOG}\n", 1, "neither", id="a log's key for a witness"),
        pytest.param(f"witness none {W1}\n", 1, "`none`", id="a witness called none"),
        pytest.param(
            f"witness a {vkey(1)}\nwitness b {vkey(1, 'v')}\n", 2, "earlier witness", id="a key of two names"
        ),
        pytest.param(f"witness a {vkey(1)}\nwitness a {vkey(2)}\n", 2, "names an earlier", id="a name twice"),
        pytest.param(
            f"witness a {vkey(1)}\ngroup a 1 a\n", 2, "names an earlier", id="a group with its name"
        ),
        pytest.param(f"witness a {vkey(1)}\ngroup none 1 a\n", 2, "`none`", id="a group called none"),
        pytest.param(f"witness a {vkey(1)}\ngroup g any\n", 2, "group line is", id="a group of nobody"),
        pytest.param("group g any none\n", 1, "no witness or group", id="none as a member"),
        pytest.param("group g any g\n", 1, "no witness or group", id="a group in itself"),
        pytest.param(f"witness a {vkey(1)}\ngroup g all a a\n", 2, "member already", id="a member twice"),
        pytest.param(
            f"witness a {vkey(1)}\ngroup g 1 a\ngroup h 1 a\n",
            3,
            "member already",
            id="a member of two groups",
        ),
        *(
            pytest.param(f"witness a {vkey(1)}\ngroup g {k} a\n", 2, "threshold", id=f"a threshold of {k}")
            for k in ("0", "2", "01", "-1", "+1", "1.0", "most", "\u0661", "9" * 30)
        ),
        pytest.param(
            "".join(f"log {vkey(n, algorithm=1)}\n" for n in range(257)), 257, "more than 256", id="many logs"
        ),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused_with_its_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(PolicyRefused, match=reason) as refused:
        parse_policy(text.encode())
    assert refused.value.line == line


def test_a_cosigned_note_tells_who_signed_it_and_when(book: Any, witnesses: Any) -> None:
    first, second = witnesses("w1", 2), witnesses("w2", 4, True)
    policy = Policy(
        witnesses=(Witness("X1", first.key), Witness("X2", second.key)),
        groups=(Group("both", 2, ("X1", "X2")),),
        quorum="both",
    ).with_log(book.key)
    assert policy.with_log(book.key) == policy
    note = first.cosign(book.checkpoints[0].note, 5)
    found = cosigned(note, policy)
    assert (found.head.size, dict(found.times_s), found.is_quorate) == (3, {"X1": 5}, False)
    with pytest.raises(Missing, match="of X1, which is no quorum"):
        quorate(note, policy)
    with pytest.raises(Missing, match="of nobody"):
        quorate(book.checkpoints[0].note, policy)
    full = quorate(second.cosign(note, 9), policy)
    assert dict(full.times_s) == {"X1": 5, "X2": 9}
    assert full.is_quorate


def test_cosignatures_of_strangers_count_for_nothing(book: Any, witnesses: Any) -> None:
    first, stranger = witnesses("w1", 2), witnesses("w2", 4)
    policy = Policy(witnesses=(Witness("X1", first.key),), quorum="X1").with_log(book.key)
    assert not cosigned(stranger.cosign(book.checkpoints[0].note), policy).is_quorate


def test_a_false_cosignature_of_a_known_witness_refuses_the_note(book: Any, witnesses: Any) -> None:
    witness = witnesses()
    policy = Policy(witnesses=(Witness("X1", witness.key),), quorum="X1").with_log(book.key)
    false_line = format_note("", [NoteSignature(witness.key.name, witness.key.key_id, bytes(72))])[1:]
    with pytest.raises(NoteRefused, match="does not fit"):
        cosigned(book.checkpoints[0].note + false_line, policy)


def test_a_head_that_only_witnesses_signed_is_refused(book: Any, witnesses: Any) -> None:
    witness = witnesses()
    policy = Policy(witnesses=(Witness("X1", witness.key),), quorum="X1")
    note = witness.cosign(book.checkpoints[0].note)
    with pytest.raises(NoteRefused, match="no signature of a log"):
        cosigned(note, policy)
    with pytest.raises(NoteRefused, match="no signature of a known key"):
        cosigned(note, Policy().with_log(CosignerKey("another", ML_DSA_44, bytes(1312))))
    with pytest.raises(CheckpointRefused):
        cosigned(format_note("no checkpoint\n", [NoteSignature("a", b"1234", b"5")]), policy)


def test_a_log_of_two_keys_is_believed_by_either(book: Any, signers: Any, books: Any) -> None:
    signer = signers(two=True)
    note = books(3, 3, signer=signer).checkpoints[0].note
    policy = Policy().with_log(book.key, signer.cosigner)
    assert cosigned(note, policy).is_quorate
    assert cosigned(note, Policy().with_log(signer.cosigner)).head.size == 3
    assert note.startswith(body(Head(signer.origin, 3, books(3, 3).checkpoints[0].root)))
    first_line = note.splitlines()[4]
    with pytest.raises(NoteRefused, match="does not fit"):
        cosigned(
            note.replace(
                first_line, first_line[:40] + ("A" if first_line[40] != "A" else "B") + first_line[41:]
            ),
            policy,
        )
