"""The verifier's own Ed25519 against RFC 8032 and OpenSSL."""

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from trading.archive.offline.ed25519 import ed25519


def test_ed25519_agrees_with_rfc_8032_and_with_openssl() -> None:
    key = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert ed25519(key, signature, b"\x72")
    for n in range(12):
        private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"%d" % n).digest())
        public, made = private.public_key().public_bytes_raw(), private.sign(b"text")
        assert ed25519(public, made, b"text")
        assert not ed25519(public, made, b"Text")
        assert not ed25519(public, made[:n] + bytes([made[n] ^ 1]) + made[n + 1 :], b"text")


def test_ed25519_refuses_a_second_form_of_the_same_signature() -> None:
    private = Ed25519PrivateKey.from_private_bytes(b"\7" * 32)
    public, made = private.public_key().public_bytes_raw(), private.sign(b"text")
    order = 2**252 + 27742317777372353535851937790883648493
    shifted = (int.from_bytes(made[32:], "little") + order).to_bytes(32, "little")
    assert not ed25519(public, made[:32] + shifted, b"text")
    assert not ed25519(b"\xff" * 32, made, b"text")
    assert not ed25519(public, made[:63], b"text")
