"""Checkpoints and cosignatures, read by tlog-scales too, and forged ones."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tlog_scales import signing, tlog

from monitor.log.checkpoint import (
    Checkpoint,
    NotWitnessed,
    Policy,
    cosign,
    open_checkpoint,
    sign_checkpoint,
)
from monitor.log.note import (
    BadSignature,
    Kind,
    MalformedKey,
    MalformedNote,
    NoKnownSigner,
    NoteError,
    SigningKey,
    VerifierKey,
    add_signatures,
    sign,
    split_note,
)
from monitor.log.tree import EMPTY_ROOT, leaf_hash

ORIGIN = "centre.example/log/2026"
NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
LOG = SigningKey(ORIGIN, Kind.ED25519, b"l" * 32)
WITNESSES = [
    SigningKey(f"w{number}.example", Kind.COSIGNATURE, bytes([number]) * 32) for number in (1, 2, 3)
]
HEAD = Checkpoint(ORIGIN, 20852163, leaf_hash(b"root"))
POLICY = Policy(LOG.verifier, tuple(key.verifier for key in WITNESSES), 2)


def _cosigned(*keys: SigningKey) -> str:
    lines = [cosign(HEAD, key, NOW) for key in keys]
    return add_signatures(sign_checkpoint(HEAD, LOG), lines)


def test_the_body_is_that_of_the_specification() -> None:
    body = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    assert Checkpoint.parse(body).body() == body
    assert Checkpoint.parse(body).size == 20852163


def test_tessera_signed_a_checkpoint_that_we_open() -> None:
    # transparency-dev/tessera testdata/log/checkpoint at commit 1811ae1
    vkey = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
    note = (
        "example.com/log/testdata\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n\n"
        "— example.com/log/testdata M9e0luh4jTG+UMBqOUo9/q+yAEvx1ilBEniMvjf1zfcBOhg+"
        "CKubMt53MvIt/uEWP6zdkdIQzd/fmwlM/dlPWF74ewI=\n"
    )
    assert open_checkpoint(note, Policy.of(vkey)).checkpoint.size == 15


def test_tlog_scales_accepts_our_signature_and_every_cosignature() -> None:
    foreign = tlog.Checkpoint.from_text(_cosigned(*WITNESSES))
    assert (foreign.origin, foreign.size, foreign.root_hash) == (ORIGIN, HEAD.size, HEAD.root)
    keys = [signing.Vkey.from_string(str(key.verifier)) for key in [LOG, *WITNESSES]]
    for key in keys:
        foreign.verify(key)
    assert len(signing.VkeySet(*keys).verify(foreign.signatures, foreign)) == 4


def test_we_accept_what_tlog_scales_signs() -> None:
    foreign = tlog.Checkpoint.make_signed(
        ORIGIN, HEAD.size, HEAD.root, [signing.PlainEd25519Signer(ORIGIN, LOG.seed)]
    )
    assert foreign.serialize() == sign_checkpoint(HEAD, LOG)


def test_a_quorum_of_witnesses_satisfies_the_policy_and_their_times_are_read() -> None:
    signed = open_checkpoint(_cosigned(WITNESSES[2], WITNESSES[0]), POLICY)
    assert signed.checkpoint == HEAD
    assert {each.witness.name: each.time for each in signed.cosignatures} == {
        "w1.example": NOW,
        "w3.example": NOW,
    }


def test_the_same_witness_twice_is_one_witness() -> None:
    later = cosign(HEAD, WITNESSES[0], NOW + timedelta(hours=1))
    with pytest.raises(NotWitnessed, match="1 witnesses, needs 2"):
        open_checkpoint(add_signatures(_cosigned(WITNESSES[0]), [later]), POLICY)


def test_strangers_do_not_count_towards_the_quorum() -> None:
    stranger = SigningKey("w2.example", Kind.COSIGNATURE, b"s" * 32)
    with pytest.raises(NotWitnessed):
        open_checkpoint(_cosigned(WITNESSES[0], stranger), POLICY)


def test_witnesses_without_the_log_are_not_enough() -> None:
    body, signatures = split_note(_cosigned(*WITNESSES))
    only = f"{body}\n" + "".join(each.line() for each in signatures[1:])
    with pytest.raises(NoKnownSigner):
        open_checkpoint(only, POLICY)


def test_the_log_cannot_speak_for_another_origin() -> None:
    other = Checkpoint("centre.example/log/2025", 1, leaf_hash(b""))
    with pytest.raises(MalformedKey, match="may not sign"):
        sign_checkpoint(other, LOG)
    with pytest.raises(NoKnownSigner, match="origin"):
        open_checkpoint(sign(other.body(), LOG), Policy(LOG.verifier))


def test_a_cosignature_cannot_be_redated() -> None:
    line = cosign(HEAD, WITNESSES[0], NOW)
    redated = type(line)(line.name, line.key_id, (1).to_bytes(8) + line.payload[8:])
    note = add_signatures(sign_checkpoint(HEAD, LOG), [redated])
    with pytest.raises(BadSignature, match=r"w1\.example"):
        open_checkpoint(note, POLICY)


def test_a_cosignature_for_another_size_is_rejected() -> None:
    other = cosign(Checkpoint(ORIGIN, HEAD.size + 1, HEAD.root), WITNESSES[0], NOW)
    with pytest.raises(BadSignature):
        open_checkpoint(add_signatures(sign_checkpoint(HEAD, LOG), [other]), POLICY)


WHOLE = _cosigned(*WITNESSES).encode()
ALL = Policy(LOG.verifier, POLICY.witnesses, 3)


@given(st.integers(0, len(WHOLE) * 8 - 1))
@settings(max_examples=300, deadline=None)
def test_no_flipped_bit_of_a_fully_witnessed_checkpoint_is_accepted(bit: int) -> None:
    altered = bytearray(WHOLE)
    altered[bit // 8] ^= 1 << (bit % 8)
    with pytest.raises(NoteError):
        open_checkpoint(bytes(altered), ALL)


ROOT_LINE = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


@pytest.mark.parametrize(
    "body",
    [
        "",
        "o\n1\n",
        f"o\n1\n{ROOT_LINE}",
        f"\n1\n{ROOT_LINE}\n",
        f"o\n01\n{ROOT_LINE}\n",
        f"o\n-1\n{ROOT_LINE}\n",
        f"o\n+1\n{ROOT_LINE}\n",
        f"o\n1 \n{ROOT_LINE}\n",
        f"o\n1_0\n{ROOT_LINE}\n",
        f"o\n１\n{ROOT_LINE}\n",
        f"o\n\n{ROOT_LINE}\n",
        f"o\n{2**63}\n{ROOT_LINE}\n",
        f"o\n1\n{ROOT_LINE[:-1]}\n",
        "o\n1\nAAAA\n",
        f"o\n1\n{ROOT_LINE}\nextension\n",
        f"o\n1\n{ROOT_LINE}\n\n",
        f"o\u2028p\n1\n{ROOT_LINE}\n",
    ],
)
def test_every_other_spelling_of_a_body_is_refused(body: str) -> None:
    with pytest.raises(MalformedNote):
        Checkpoint.parse(body)


def test_the_empty_tree_has_a_checkpoint() -> None:
    assert Checkpoint.parse(f"o\n0\n{ROOT_LINE}\n") == Checkpoint("o", 0, EMPTY_ROOT)


def test_a_policy_that_could_be_met_by_one_party_twice_is_refused() -> None:
    one = WITNESSES[0].verifier
    renamed = VerifierKey("other.example", Kind.COSIGNATURE, one.public)
    for witnesses, quorum in [((one, renamed), 2), ((one,), 2), ((one,), -1)]:
        with pytest.raises(MalformedKey, match="policy"):
            Policy(LOG.verifier, witnesses, quorum)
    logs_own = VerifierKey("w.example", Kind.COSIGNATURE, LOG.verifier.public)
    with pytest.raises(MalformedKey, match="two"):
        Policy(LOG.verifier, (logs_own,), 1)


def test_a_policy_wants_keys_of_the_right_types() -> None:
    with pytest.raises(MalformedKey, match="type 1"):
        Policy(WITNESSES[0].verifier)
    with pytest.raises(MalformedKey, match="type 4"):
        Policy(LOG.verifier, (VerifierKey("x", Kind.ED25519, b"x" * 32),))


def test_a_time_without_zone_is_not_signed() -> None:
    with pytest.raises(MalformedNote, match="zone"):
        cosign(HEAD, WITNESSES[0], NOW.replace(tzinfo=None))
