"""Places that many want: whoever holds some may hold no more than half of what others leave.

So an office of hundreds behind one address has what it needs, and no address, however much it asks
for, can take what the next one needs: there is always as much left as the greediest of them holds.
"""

from __future__ import annotations


class Share:
    """So many places, of which each holder has a fair share; `taken` counts those in use."""

    def __init__(self, most: int) -> None:
        self.most, self.taken = most, 0
        self._held: dict[str, int] = {}

    def held(self, who: str) -> int:
        """Return how many places somebody holds."""
        return self._held.get(who, 0)

    def fits(self, who: str, count: int) -> bool:
        """Tell whether somebody may have so many more."""
        held = self.held(who)
        return 2 * (held + count) <= self.most - (self.taken - held)

    def take(self, who: str, count: int = 1) -> bool:
        """Take places, where that is fair; tell whether they were taken."""
        if not self.fits(who, count):
            return False
        self.hold(who, count)
        return True

    def hold(self, who: str, count: int) -> None:
        """Count places that are in use already."""
        self._count(who, count)

    def give(self, who: str, count: int = 1) -> None:
        """Give places back."""
        self._count(who, -count)

    def _count(self, who: str, more: int) -> None:
        self.taken += more
        held = self._held.pop(who, 0) + more
        if held:
            self._held[who] = held
