"""The unified social credit code (统一社会信用代码), 18 places, with its check character."""

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""GB 32100-2015 table 1: without I, O, S, V, Z; a character's place in it is its value."""


class CreditCodeInvalid(ValueError):
    """The code has not 18 places of the alphabet, or its last does not check the others."""


def check_character(body: str) -> str:
    """Return the 18th character for the first 17: weights 3^i modulo 31 (GB 32100-2015 §5.5)."""
    weighted = sum(ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(body))
    return ALPHABET[-weighted % 31]


def checked(code: str) -> str:
    """Return the code in capitals, without spaces; raises CreditCodeInvalid."""
    code = code.strip().upper()
    if len(code) != 18 or any(char not in ALPHABET for char in code):
        raise CreditCodeInvalid(
            "应为18位数字或大写字母，不含 I、O、S、V、Z / "
            "18 places of figures and capitals, without I, O, S, V, Z"
        )
    if check_character(code[:17]) != code[17]:
        raise CreditCodeInvalid("校验码不符 / the check character does not fit")
    return code
