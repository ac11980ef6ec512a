"""The verifiable random function against RFC 9381, and against those who would bend it."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from experts.draw.curve import vrf

# RFC 9381 appendix B.3, examples 16, 17 and 18: secret, public, alpha, pi, beta.
EXAMPLES = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "8657106690b5526245a92b003bb079ccd1a92130477671f6fc01ad16f26f723f"
        "26f8a57ccaed74ee1b190bed1f479d9727d2d0f9b005a6e456a35d4fb0daab12"
        "68a1b0db10836d9826a528ca76567805",
        "90cf1df3b703cce59e2a35b925d411164068269d7b2d29f3301c03dd757876ff"
        "66b71dda49d2de59d03450451af026798e8f81cd2e333de5cdf4f3e140fdd8ae",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "f3141cd382dc42909d19ec5110469e4feae18300e94f304590abdced48aed593"
        "3bf0864a62558b3ed7f2fea45c92a465301b3bbf5e3e54ddf2d935be3b67926d"
        "a3ef39226bbc355bdc9850112c8f4b02",
        "eb4440665d3891d668e7e0fcaf587f1b4bd7fbfe99d0eb2211ccec90496310eb"
        "5e33821bc613efb94db5e5b54c70a848a0bef4553a41befc57663b56373a5031",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "9bc0f79119cc5604bf02d23b4caede71393cedfbb191434dd016d30177ccbf80"
        "96bb474e53895c362d8628ee9f9ea3c0e52c7a5c691b6c18c9979866568add7a"
        "2d41b00b05081ed0f58ee5e31b3a970e",
        "645427e5d00c62a23fb703732fa5d892940935942101e456ecca7bb217c61c45"
        "2118fec1219202a0edcf038bb6373241578be7217ba85a2687f7a0310b2df19f",
    ),
]
SECRET, PUBLIC, ALPHA, PROOF, OUTPUT = (bytes.fromhex(part) for part in EXAMPLES[2])
LOW_ORDER = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_published_examples_are_made_and_verified(example: tuple[str, ...]) -> None:
    secret, public, alpha, proof, output = (bytes.fromhex(part) for part in example)
    assert vrf.public_key(secret) == public
    assert vrf.prove(secret, alpha) == proof
    assert vrf.verify(public, alpha, proof) == output
    assert vrf.proof_to_hash(proof) == output


@settings(max_examples=20, deadline=None)
@given(secret=st.binary(min_size=32, max_size=32), alpha=st.binary(max_size=64))
def test_a_proof_by_any_key_verifies_and_its_public_key_is_that_of_ed25519(
    secret: bytes, alpha: bytes
) -> None:
    public = vrf.public_key(secret)
    assert public == Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
    proof = vrf.prove(secret, alpha)
    assert vrf.verify(public, alpha, proof) == vrf.proof_to_hash(proof)


@settings(max_examples=40, deadline=None)
@given(bit=st.integers(0, 8 * len(PROOF) - 1))
def test_a_flipped_bit_in_the_proof_is_refused(bit: int) -> None:
    bent = bytearray(PROOF)
    bent[bit // 8] ^= 1 << bit % 8
    with pytest.raises(vrf.VrfError):
        vrf.verify(PUBLIC, ALPHA, bytes(bent))


def test_a_proof_for_another_input_or_key_is_refused() -> None:
    with pytest.raises(vrf.VrfError):
        vrf.verify(PUBLIC, ALPHA + b"\0", PROOF)
    with pytest.raises(vrf.VrfError):
        vrf.verify(vrf.public_key(bytes(32)), ALPHA, PROOF)


@pytest.mark.parametrize("key", LOW_ORDER)
def test_a_key_of_low_order_is_refused_because_its_output_would_not_be_unique(key: str) -> None:
    with pytest.raises(vrf.VrfError, match="public key"):
        vrf.verify(bytes.fromhex(key), ALPHA, PROOF)


def test_a_second_spelling_of_a_scalar_or_a_point_is_refused() -> None:
    order = 2**252 + 27742317777372353535851937790883648493
    larger = int.from_bytes(PROOF[48:], "little") + order
    with pytest.raises(vrf.VrfError, match="scalars"):
        vrf.verify(PUBLIC, ALPHA, PROOF[:48] + larger.to_bytes(32, "little"))
    with pytest.raises(vrf.VrfError, match="public key"):
        vrf.validate_key((2**255 - 19 + 3).to_bytes(32, "little"))


@pytest.mark.parametrize("size", [0, 79, 81])
def test_a_proof_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(vrf.VrfError, match="80"):
        vrf.proof_to_hash(bytes(size))
