"""Why the log stands still: each is for people to look at, and nothing is signed until they have.

A restored backup, a second writer, a flipped bit and a stolen key all look alike from here: what is
in the database is not what was signed. To go on would be to fork the log.
"""

from __future__ import annotations


class Halt(Exception):
    """The log must not grow as it stands."""


class BehindLatch(Halt):
    """The database is behind the checkpoint store, or of another tree (a restore?)."""


class BehindWitness(Halt):
    """A witness has cosigned what this database does not hold, and the log's own key signed it."""


class BatchDiffers(Halt):
    """What was read back is not what was written."""
