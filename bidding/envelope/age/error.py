"""What can be wrong with an age file; the classes follow the outcomes of the CCTV test kit."""


class AgeError(Exception):
    """An age file cannot be read or written."""


class KeyStringError(AgeError):
    """An age1… or AGE-SECRET-KEY-1… string is not one."""


class HeaderError(AgeError):
    """The header breaks a rule of C2SP age.md."""


class NoMatchError(AgeError):
    """No stanza of the header was made for the identities at hand."""


class MacError(AgeError):
    """The header was changed: its MAC does not fit the file key."""


class PayloadError(AgeError):
    """The payload was changed, cut or lengthened."""
