"""A stand-in pool inside the platform, sealed to key holders whose keys the tests keep."""

import json
from dataclasses import dataclass
from uuid import UUID

from bidding.envelope.age.file import decrypt_bytes, encrypt_bytes
from bidding.envelope.age.key import new_identity, recipient_of
from experts.pool.expert import Verdict, review
from experts.pool.register import import_pool, snapshot
from experts.pool.stand_in import StandIn, stand_in_pool
from monitor.record.platform import Platform
from monitor.role import Actor, Role
from tests.builders import an_actor, an_organisation
from trading.registration.party import Kind

SEED = b"tests"


@dataclass(frozen=True, slots=True)
class PoolKeepers:
    """Two persons of the centre, the unit that keeps the pool, and the key holders' identity."""

    first: Actor
    second: Actor
    unit: UUID
    identity: str

    def seal(self, person: bytes) -> bytes:
        return encrypt_bytes(person, [recipient_of(self.identity)])

    def name_in(self, sealed: bytes) -> str:
        return str(json.loads(decrypt_bytes(sealed, [self.identity]))["name"])


def the_keepers(platform: Platform) -> PoolKeepers:
    first = an_actor(platform, Role.CENTRE)
    second = an_actor(platform, Role.CENTRE, first.org)
    return PoolKeepers(first, second, an_organisation(platform, Kind.INSTITUTION), new_identity())


def a_pool(platform: Platform, keepers: PoolKeepers, n: int) -> list[StandIn]:
    """Import n stand-in experts, review them by the second person, take a snapshot."""
    people = stand_in_pool(n, SEED)
    candidacies = [one.sealed(keepers.seal) for one in people]
    platform.perform(import_pool, keepers.first, None, candidacies=candidacies)
    platform.perform(
        review,
        keepers.second,
        None,
        uids=[one.facts.uid for one in people],
        verdict=Verdict.APPROVED,
        organisation=keepers.unit,
    )
    platform.perform(snapshot, keepers.first, None)
    return people
