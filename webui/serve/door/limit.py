"""What the door lets in, and for how long it waits."""

from __future__ import annotations

from dataclasses import dataclass

KIB, MIB = 1 << 10, 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers of requests and threads, bytes, seconds, and bytes a second."""

    requests: int = 4096
    """Under way at once, most of them waiting."""
    threads: int = 64
    """For what is here whole: no peer keeps one of these waiting. Twice as many as may have a
    connection to the database: with more, the loop itself waits long for its turn of the processor.
    """
    uploads: int = 128
    """For bodies that are read as they come."""
    small: int = 256 * KIB
    """The longest body that is read before a thread is taken; a form is 64 KiB at most."""
    memory: int = 256 * MIB
    """For small bodies, and answers that wait for their readers."""
    large: int = 1024 * MIB
    """For answers that are longer than a body may be: archives."""
    grace: float = 15.0
    rate: int = KIB
