"""The narrator: one readable line a step, and a progress bar on a terminal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TextIO

from monitor.law.workday import SHANGHAI

WIDTH = 24


@dataclass(slots=True)
class Narrator:
    """Prints what happens; `steps` is how many lines the whole story has, for the bar."""

    out: TextIO
    steps: int
    told: list[str] = field(default_factory=list)
    scenes: list[str] = field(default_factory=list)
    done: int = 0

    def scene(self, title: str) -> None:
        """Announce one of the services, "中文 / English"; one that comes again is continued."""
        if self.scenes[-1:] == [title]:
            return
        zh, _, en = title.partition(" / ")
        again = f"{zh}（续） / {en} (continued)" if title in self.scenes else title
        self.scenes.append(title)
        self._print(f"\n{again}")

    def say(self, now: datetime, line: str) -> None:
        """Tell one step with its local time."""
        self.done += 1
        self.told.append(line)
        self._print(f"  {now.astimezone(SHANGHAI):%m-%d %H:%M}  {line}")
        self._bar()

    def close(self) -> None:
        """Leave the terminal on a clean line."""
        if self.out.isatty():
            self.out.write("\r\x1b[K")
            self.out.flush()

    def tell(self, line: str) -> None:
        """Print a line that is no step."""
        self._print(line)

    def _print(self, line: str) -> None:
        self.close()
        self.out.write(line + "\n")
        self.out.flush()

    def _bar(self) -> None:
        if not self.out.isatty():
            return
        part = min(1.0, self.done / self.steps)
        full = round(part * WIDTH)
        self.out.write(f"[{'█' * full}{'░' * (WIDTH - full)}] {part:4.0%}")
        self.out.flush()
