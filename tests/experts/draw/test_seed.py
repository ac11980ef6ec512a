"""Every step of the remade vector, and what a bent commitment or reveal leads to."""

import json
from pathlib import Path

import pytest

from experts.draw import pool, seed, selection
from experts.draw.curve import vrf
from experts.draw.encoding import DrawError, H, u8, u32
from monitor.log.canonical import canonical

VECTOR = json.loads((Path(__file__).parent / "vectors/batong-draw-1.json").read_text())
KEY = bytes.fromhex(VECTOR["k_draw"])
ENTRIES = [pool.Entry.read(record) for record in VECTOR["records"]]
HH = bytes.fromhex(VECTOR["hh"])
SHARES = {"I": bytes.fromhex(VECTOR["r_i"]), "T": bytes.fromhex(VECTOR["r_t"])}


def test_the_pool_of_the_vector_is_made_byte_for_byte() -> None:
    made = pool.Pool.build(KEY, ENTRIES)
    assert {e.u: leaf.hex() for leaf, e in made.entries.items()} == VECTOR["leaves"]
    assert pool.root(made.leaves).hex() == VECTOR["root"]
    for field, part in VECTOR["fields_of_E0001"].items():
        assert pool.salt(KEY, "E0001", field).hex() == part["salt"]
        assert pool.field_hashes(KEY, ENTRIES[0])[field].hex() == part["hash"]


def test_the_seed_of_the_vector_is_made_byte_for_byte() -> None:
    assert H("header", canonical(VECTOR["header"])).hex() == VECTOR["hh"]
    commits = {role: seed.commit(HH, role, share) for role, share in SHARES.items()}
    assert [commits["I"].hex(), commits["T"].hex()] == [VECTOR["c_i"], VECTOR["c_t"]]
    opened = seed.opened(HH, commits)
    assert opened.hex() == VECTOR["open"]
    assert seed.base(opened, SHARES, "dice", seed.dice(VECTOR["dice"])).hex() == VECTOR["beta"]


@pytest.mark.parametrize("k", [0, 1])
def test_the_rounds_of_the_vector_are_drawn_byte_for_byte(k: int) -> None:
    told = VECTOR["rounds"][k]
    input_k = seed.alpha(bytes.fromhex(VECTOR["beta"]), k)
    outputs = []
    for role in ("c", "i"):
        proof = vrf.prove(bytes.fromhex(VECTOR[f"sk_{role}"]), input_k)
        assert proof.hex() == told[f"pi_{role}"]
        outputs.append(vrf.proof_to_hash(proof))
    seed_k = seed.seed(bytes.fromhex(VECTOR["beta"]), k, outputs[0], outputs[1])
    assert [seed_k.hex(), seed.seed_commitment(seed_k).hex()] == [told["seed"], told["seedc"]]
    log = selection.select(seed_k, need_of(k), candidates())
    names = {leaf: uid for uid, leaf in VECTOR["leaves"].items()}
    tickets = [selection.ticket(seed_k, look.stratum, look.leaf).hex() for look in log]
    lines = zip(log, tickets, strict=True)
    assert [[x.stratum, names[x.leaf.hex()], x.verdict, t] for x, t in lines] == told["log"]


def candidates() -> list[selection.Candidate]:
    made = pool.Pool.build(KEY, ENTRIES)
    return [
        selection.Candidate(leaf, frozenset(e.s), canonical(e.o))
        for leaf, e in made.entries.items()
    ]


def need_of(k: int) -> selection.Need:
    if k == 0:
        return selection.Need(((1, 2), (2, 1)), ("o", 1))
    accepted = [line[1] for line in VECTOR["rounds"][0]["log"] if line[2] == "ACCEPT"]
    employers = {e.u: canonical(e.o) for e in ENTRIES}
    seated = {employers[uid]: 1 for uid in accepted if uid != VECTOR["declines"]}
    taken = frozenset(bytes.fromhex(VECTOR["leaves"][uid]) for uid in accepted)
    return selection.Need(((1, 1), (2, 0)), ("o", 1), taken, seated=seated)


def test_a_commitment_copied_under_another_role_is_another_commitment() -> None:
    assert seed.commit(HH, "I", SHARES["I"]) != seed.commit(HH, "T", SHARES["I"])
    assert seed.commit(HH, "I", SHARES["I"]) != seed.commit(bytes(32), "I", SHARES["I"])


def test_how_a_share_came_to_be_known_is_part_of_what_the_dice_follow() -> None:
    told = {"I": (seed.How.REVEALED, SHARES["I"]), "T": (seed.How.REVEALED, SHARES["T"])}
    recovered = {**told, "T": (seed.How.RECOVERED, SHARES["T"])}
    assert seed.closed(HH, told) != seed.closed(HH, recovered)
    assert seed.closed(HH, told) == seed.closed(HH, dict(reversed(told.items())))


@pytest.mark.parametrize("digits", ["", "1" * 23, "1" * 25, "1" * 23 + "x", "１" * 24])
def test_dice_that_are_not_24_digits_are_refused(digits: str) -> None:
    with pytest.raises(DrawError, match="24"):
        seed.dice(digits)


def test_fields_are_length_prefixed_so_that_moving_a_byte_changes_the_hash() -> None:
    assert H("seed", b"ab", b"c") != H("seed", b"a", b"bc") != H("seed", b"abc")
    assert H("seed", b"") != H("seed")
    assert (u8(1), u32(1)) == (b"\1", b"\0\0\0\1")
    with pytest.raises(OverflowError):
        u32(2**32)
