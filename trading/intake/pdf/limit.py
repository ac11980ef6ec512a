"""How much one file may ask of the reader; the figures are measured, not guessed."""

from dataclasses import asdict, dataclass

MEBI = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes, counts, and seconds of one child; `signs` and `strokes` are those of one page."""

    file: int = 50 * MEBI
    pages: int = 2_000
    read: int = 10
    signs: int = 200_000
    strokes: int = 20_000
    said: int = 8 * MEBI
    memory: int = 1536 * MEBI
    cpu: int = 15
    wall: int = 20
    files: int = 64
    pictures: int = 24

    def told(self) -> dict[str, int]:
        """Return the figures as the child is told them."""
        return asdict(self)


LIMITS = Limits()
