"""What one machine finds in an age file sealed to it, told so that anybody can open that one file.

The file's stanzas are X25519: the machine tells the secret that it shares with each stanza's
ephemeral key, and proves that it comes of its own key. Its key itself stays unknown.
"""

import io
import secrets
from collections.abc import Callable, Sequence

from bidding.envelope.age.error import AgeError
from bidding.envelope.age.file import decrypt_shared
from bidding.envelope.age.header import read_header
from bidding.envelope.age.key import Entropy, clamp, identity_secret, recipient_point
from bidding.envelope.age.x25519 import ephemeral_share
from bidding.envelope.capsule import Gap
from bidding.envelope.document import EnvelopeError, Fields
from bidding.envelope.sharing.curve import ORDER, Point, PointError, base_times, decode_u
from bidding.envelope.sharing.equality import Equality, prove_equality, proves_equality

OPENING = "shared challenge response"
Context = Callable[[int], bytes]
"""Ties the proof of each stanza, by its place, to what it is made for: 32 bytes."""


class DisclosureError(EnvelopeError):
    """What is told of a file proves nothing."""


def disclose(
    identity: str, file: bytes, context: Context, entropy: Entropy = secrets.token_bytes
) -> list[dict[str, str]]:
    """Return what tells a file's text without its key; raises DisclosureError for no such file."""
    secret = signed_scalar(identity)
    proofs = [
        prove_equality(secret, point, context(place), entropy)
        for place, point in enumerate(_points(file))
    ]
    return [opening_of(each) for each in proofs]


def tells_only_itself(file: bytes, gap: Gap) -> bool:
    """Tell whether what `disclose` tells of a share's file can open no other file.

    So it is where its one stanza opened its dealer's own text about this very share. Any other file
    may have been copied, whole or an ephemeral key of it, from what was sealed to this machine
    elsewhere, say for a bid of a trade that is not closed: what is told of the copy opens that.
    """
    return gap is Gap.WRONG_SHARE and len(_points(file)) == 1


def opened(file: bytes, recipient: str, told: Sequence[Fields], context: Context) -> bytes:
    """Return the text of a file by what its holder told.

    Raises DisclosureError where that is not proven, AgeError where the file does not open by it.
    """
    said, points = [read_opening(each) for each in told], _points(file)
    public = decode_u(recipient_point(recipient))
    good = len(said) == len(points) and all(
        proves_equality(one, public, point, context(place))
        for place, (one, point) in enumerate(zip(said, points, strict=False))
    )
    if not good:
        raise DisclosureError("openings: 证明不成立 / the proof does not hold")
    return decrypt_shared(file, recipient_point(recipient), [_u(one) for one in said])


def signed_scalar(identity: str) -> int:
    """Return the scalar of an identity, of the sign that `decode_u` gives its public point."""
    secret = int.from_bytes(clamp(identity_secret(identity)), "little") % ORDER
    return ORDER - secret if base_times(secret).encode()[31] >> 7 else secret


def opening_of(proof: Equality) -> dict[str, str]:
    """Write a proof as it stands in a document."""
    parts = (proof.shared, proof.challenge, proof.response)
    return {name: part.hex() for name, part in zip(OPENING.split(), parts, strict=True)}


def read_opening(said: Fields) -> Equality:
    """Read what `opening_of` wrote; raises Malformed."""
    return Equality(*(bytes.fromhex(said.hexes(name)) for name in OPENING.split()))


def _points(file: bytes) -> list[Point]:
    """Return the ephemeral points of a file's stanzas."""
    try:
        header = read_header(io.BytesIO(file))
        return [decode_u(ephemeral_share(stanza)) for stanza in header.stanzas]
    except (AgeError, PointError) as error:
        raise DisclosureError(f"file: {error}") from error


def _u(said: Equality) -> bytes:
    """Return S as X25519 has it: the u of both signs is one."""
    y = int.from_bytes(said.shared, "little") & (1 << 255) - 1
    return Point(0, y, 1, 0).montgomery()
