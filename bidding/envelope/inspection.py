"""Keyless inspection of one age file: what can be said of it without any key."""

from bidding.envelope.age.error import HeaderError
from bidding.envelope.age.flow import Source
from bidding.envelope.age.header import Header, read_header
from bidding.envelope.age.x25519 import TYPE, ephemeral_share
from bidding.envelope.sharing.curve import PointError, check_u


def inspect_header(source: Source, recipients: int) -> Header:
    """Read a header of exactly `recipients` sound X25519 stanzas; raises HeaderError.

    `source` is left at the payload. A foreign or surplus stanza would be a reader nobody named.
    """
    header = read_header(source)
    if [stanza.type for stanza in header.stanzas] != [TYPE] * recipients:
        raise HeaderError(
            f"stanza: 须恰有 {recipients} 个 X25519 收件人 / must be exactly that many recipients"
        )
    for stanza in header.stanzas:
        try:
            check_u(ephemeral_share(stanza))
        except PointError as error:
            raise HeaderError(f"X25519: {error}") from error
    return header
