"""The pure parts: published vectors, seals that do not open elsewhere, passwords that are refused."""

import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import argon2
import pytest

from monitor.refusal import Invalid
from trading.account.account import normal_name
from trading.account.proof.code import new_recovery_codes, new_secret, recovery_digest, step_of
from trading.account.proof.password import Hasher, Lane, require_good, standard_engine
from trading.account.proof.vault import BrokenSeal, Vault

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 6238 appendix B: "12345678901234567890"
VECTORS = [
    (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"), (1234567890, "89005924"),
    (2000000000, "69279037"), (20000000000, "65353130"),
]  # fmt: skip


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    six = code[-6:]
    step = seconds // 30
    assert step_of(SECRET, six, at) == step
    assert step_of(SECRET, f"{six[:3]} {six[3:]}", at) == step
    assert step_of(SECRET, six, datetime.fromtimestamp(seconds + 30, UTC)) == step
    assert step_of(SECRET, six, datetime.fromtimestamp(seconds + 60, UTC)) is None
    assert step_of(SECRET, six, at, after=step) is None


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "12345x", "²²²²²²", "1" * 1000, "\ud800"]
)
def test_what_is_not_six_digits_is_no_code(typed: str) -> None:
    assert step_of(SECRET, typed, datetime.fromtimestamp(59, UTC)) is None


def test_secrets_and_recovery_codes_are_random_and_of_full_length() -> None:
    codes = [code for _ in range(20) for code in new_recovery_codes()]
    assert len(set(codes)) == 200
    assert {len(recovery_digest(code) or b"") for code in codes} == {32}
    assert len({new_secret() for _ in range(20)}) == 20
    assert recovery_digest("AAAA-BBBB-CCCC") is None


def test_a_recovery_code_is_taken_however_it_is_typed() -> None:
    code = new_recovery_codes()[0]
    assert recovery_digest(code.lower().replace("-", " ")) == recovery_digest(code)


def test_a_seal_opens_in_its_own_context_and_vault_alone() -> None:
    vault, other = Vault("a" * 43), Vault("b" * 43)
    sealed = vault.seal(b"the secret", "totp:1")
    assert vault.open(sealed, "totp:1") == b"the secret"
    assert vault.seal(b"the secret", "totp:1") != sealed
    bent = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in range(len(sealed))]
    for wrong in (*bent, sealed[:-1], sealed + b"\x00", b"", b"\x01"):
        with pytest.raises(BrokenSeal):
            vault.open(wrong, "totp:1")
    for elsewhere, context in ((vault, "totp:2"), (other, "totp:1")):
        with pytest.raises(BrokenSeal):
            elsewhere.open(sealed, context)


def test_a_mac_is_of_its_purpose_and_of_its_parts_as_parted() -> None:
    vault = Vault("a" * 43)
    made = {
        vault.mac("x", b"ab", b"c"), vault.mac("x", b"a", b"bc"), vault.mac("x", b"abc"),
        vault.mac("y", b"ab", b"c"), vault.mac("x", b"ab", b"c", b""),
        Vault("b" * 43).mac("x", b"ab", b"c"),
    }  # fmt: skip
    assert len(made) == 6


def test_the_vault_of_a_folder_is_the_same_for_every_process_and_private(tmp_path: Path) -> None:
    assert Vault.of(tmp_path).mac("x") == Vault.of(tmp_path).mac("x")
    key = tmp_path / "secrets" / "account.key"
    assert key.stat().st_mode & 0o077 == 0


def test_the_standard_hash_is_the_second_that_rfc_9106_recommends() -> None:
    parameters = argon2.extract_parameters(Hasher(standard_engine()).made("seven herons at dawn"))
    assert (parameters.type, parameters.version) == (argon2.Type.ID, 19)
    assert (parameters.time_cost, parameters.memory_cost, parameters.parallelism) == (3, 65536, 4)
    assert (parameters.salt_len, parameters.hash_len) == (16, 32)


def test_a_password_fits_however_its_signs_were_composed() -> None:
    hasher = Hasher(argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    kept = hasher.made("sept hérons à l'aube")
    assert hasher.fits(kept, unicodedata.normalize("NFD", "sept hérons à l'aube"), Lane.KNOWN)
    assert not hasher.fits(kept, "sept herons a l'aube", Lane.KNOWN)


OWN = ["wang.xiaoming", "王小明", "晴川建设有限公司"]


def fault(password: str) -> Invalid | None:
    """What is wrong with a password, None where nothing is."""
    try:
        require_good(password, OWN)
    except Invalid as told:
        return told
    return None


@pytest.mark.parametrize(
    "bad",
    [
        "elevensigns", "", "x" * 257, "Password1234", "123456789012", "aaaaaaaaaaaa", "abcabcabcabc",
        "wang.xiaoming", "Wang.Xiaoming2026", "晴川建设有限公司王小明2026", "晴川建设有限公司１２３４５",
    ],
)  # fmt: skip
def test_a_bad_password_is_refused_without_being_quoted(bad: str) -> None:
    refused = fault(bad)
    assert refused is not None
    assert refused.field == "password"
    assert not bad or bad not in f"{refused!r}"


@pytest.mark.parametrize(
    "good",
    [
        "twelvesigns!",
        "seven herons cross at dawn",
        "春江潮水连海平海上明月共潮生",
        "all lower case it is",
    ],
)
def test_length_is_enough_and_no_kind_of_sign_is_demanded(good: str) -> None:
    assert fault(good) is None


@pytest.mark.parametrize(
    "typed", ["", "ab", "a b c", "x" * 65, "a\x00bc", "a'--b", "a/b/c", "\ud800abc"]
)
def test_what_cannot_be_a_name_is_none(typed: str) -> None:
    assert normal_name(typed) is None
