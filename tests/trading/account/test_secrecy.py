"""Nothing that is kept, logged or shown holds a password, a token, a secret or a code."""

import base64
import logging
from collections.abc import Iterator
from dataclasses import fields
from uuid import uuid4

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from monitor.refusal import Refusal
from monitor.role import SYSTEM, Role
from monitor.runtime.database import Addresses, libpq
from monitor.runtime.valkey import EmbeddedValkey, connect
from tests.trading.account.desk import PASSWORD, Desk, Member, a_desk, an_invited
from trading.account.credential import Chosen, invite
from trading.account.door import Attempt
from trading.account.entry import Opening, Proof, Trace, Tried
from trading.account.proof.device import Source
from trading.account.proof.mask import message
from trading.account.session import token_digest
from trading.notice.participation import mask_of

ADDRESS = "203.0.113.177"
GUESS, SECOND = "a guess that nobody must read", "nine storks rest at noon"
TABLES = (
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
)


class Story:
    """Everything that an account can live through, and every secret that came up in it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.shown: list[str] = []
        self.member, self.invitation = an_invited(desk, Role.FINANCE)
        self.secrets = {PASSWORD, GUESS, SECOND, self.invitation, desk.vault._word.decode()}

    def show(self, *things: object) -> None:
        self.shown += [f"{thing!r} {thing!s}" for thing in things]

    def play(self) -> None:
        keeping, member, source = self.desk.accounts, self.member, Source(ADDRESS)
        self.refused(lambda: keeping.set_password(self.invitation, "short", source))
        self.refused(lambda: keeping.set_password("no such invitation", GUESS, source))
        keeping.set_password(self.invitation, PASSWORD, source)
        entrance = self.desk.enter(member, ADDRESS)
        offer = keeping.offer_totp(entrance.token)
        member.secret = offer.secret
        codes = keeping.enrol_totp(entrance.token, offer.ticket, member.code(self.desk))
        self.secrets |= {entrance.token, entrance.device, offer.secret, offer.ticket, *codes}
        self.show(entrance, offer, source, member, keeping, self.desk.vault)
        self.wrong(member, entrance.token)
        again = self.desk.enter(member, ADDRESS, code=codes[0], held=entrance.token)
        keeping.confirm(again.token, PASSWORD, codes[1], source)
        keeping.change_password(again.token, PASSWORD, member.code(self.desk), SECOND)
        self.secrets |= {again.token, again.device, keeping.gate.csrf(again.token)}
        self.show(again, keeping.gate.enter(again.token), keeping.devices(again.token))
        self.mask(again.token)

    def wrong(self, member: Member, token: str) -> None:
        door, source = self.desk.accounts.door, Source(ADDRESS)
        for name, password in ((member.name, GUESS), (GUESS, GUESS)):
            attempt = Attempt(name, password, "000000")
            self.show(attempt)
            self.refused(lambda attempt=attempt: door.sign_in(attempt, source))
        self.refused(lambda: self.desk.accounts.confirm(token, GUESS, "000000", source))
        for _ in range(20):
            self.refused(lambda: door.sign_in(Attempt(member.name, GUESS), Source("192.0.2.9")))

    def mask(self, token: str) -> None:
        gate, project, key = self.desk.accounts.gate, uuid4(), Ed25519PrivateKey.generate()
        said = gate.challenge(token, project)
        raw, signature = key.public_key().public_bytes_raw(), key.sign(message(project, said))
        ticket = gate.prove_mask(token, project, raw, said, signature)
        self.secrets |= {said, ticket, mask_of(raw)}
        self.show(gate.admit(token, "notice.publish", project=uuid4()))

    def refused(self, attempt: object) -> None:
        with pytest.raises(Refusal) as caught:
            attempt()  # type: ignore[operator]
        self.show(caught.value, caught.value.args, vars(caught.value))


def spellings(secret: str) -> Iterator[bytes]:
    """A secret as it stands, and in the forms in which tables and logs write bytes."""
    plain = secret.encode()
    yield plain if len(plain) < 40 else plain[:24]
    yield plain.hex().encode()
    yield base64.b64encode(plain).rstrip(b"=")
    if "-" in secret and len(secret) == 19:
        yield secret.replace("-", "").encode()
    for decode in (base64.urlsafe_b64decode, base64.b32decode):
        try:
            raw = decode(secret + "=" * (-len(secret) % (4 if decode != base64.b32decode else 8)))
        except ValueError:
            continue
        if len(raw) >= 10:
            yield raw.hex().encode()


def kept(database: Addresses) -> bytes:
    """Every row of every table, as PostgreSQL writes it; the log's bodies as they were hashed."""
    with psycopg.connect(libpq(database.superuser_url)) as connection:
        names = [row[0] for row in connection.execute(TABLES)]
        rows = [
            str(row[0])
            for name in names
            for row in connection.execute(f'SELECT t::text FROM "{name}" t')
        ]
        bodies = [row[0] for row in connection.execute("SELECT body FROM opening")]
    return "\n".join(rows).encode() + b"\n" + b"\n".join(bodies)


def cached(url: str) -> bytes:
    """Every key and value in Valkey."""
    client = connect(url)
    parts: list[bytes] = []
    for key in client.scan_iter():
        kind = client.type(key)
        value = client.hgetall(key) if kind == b"hash" else client.get(key)
        parts += [key, repr(value).encode()]
    client.close()
    return b"\n".join(parts)


def told_aloud(
    database: Addresses, valkey: EmbeddedValkey, caplog: pytest.LogCaptureFixture
) -> Story:
    """The story, played while everything that can log does, each statement and row included."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "sqlalchemy.engine")
    desk = a_desk(database.app_url, valkey.url)
    story = Story(desk)
    story.play()
    desk.platform.close()
    desk.accounts.close()
    return story


def test_nothing_kept_logged_or_shown_holds_a_secret(
    database: Addresses, valkey: EmbeddedValkey, caplog: pytest.LogCaptureFixture
) -> None:
    story = told_aloud(database, valkey, caplog)
    places = {
        "tables": kept(database),
        "Valkey": cached(valkey.url),
        "log": caplog.text.encode(),
        "shown": "\n".join(story.shown).encode(),
    }
    assert all(place for place in places.values())
    found = [
        (place, secret)
        for place, text in places.items()
        for secret in story.secrets
        for spelling in spellings(secret)
        if spelling in text
    ]
    assert found == []
    assert len(story.secrets) >= 20


def test_an_address_stands_in_no_body_no_log_and_not_in_valkey(
    database: Addresses, valkey: EmbeddedValkey, caplog: pytest.LogCaptureFixture
) -> None:
    story = told_aloud(database, valkey, caplog)
    with psycopg.connect(libpq(database.superuser_url)) as connection:
        bodies = b"".join(row[0] for row in connection.execute("SELECT body FROM opening"))
    for place in (bodies, cached(valkey.url), caplog.text.encode(), str(story.shown).encode()):
        assert ADDRESS.encode() not in place


def test_a_fault_in_the_middle_of_an_act_tells_no_token(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    member, _ = an_invited(desk)
    token = desk.accounts.door.new_token()
    with pytest.raises(Exception, match="digest") as caught:
        desk.platform.perform(
            invite, SYSTEM, None, person=member.actor.person, name="", digest=token_digest(token)[:9],
            lasting=desk.accounts.door.policy.invitation,
        )  # fmt: skip
    assert token not in f"{caught.value!r}{caught.value}{caplog.text}"


def test_whatever_carries_a_secret_hides_it_from_its_repr() -> None:
    hidden = {
        (kind.__name__, each.name)
        for kind in (Attempt, Source, Proof, Trace, Opening, Chosen, Tried)
        for each in fields(kind)
        if not each.repr
    }
    assert hidden == {
        ("Attempt", "name"), ("Attempt", "password"), ("Attempt", "code"), ("Attempt", "held"),
        ("Source", "address"), ("Source", "device"), ("Proof", "password"), ("Proof", "recovery"),
        ("Trace", "address"), ("Trace", "vault"), ("Opening", "digest"), ("Opening", "replaces"),
        ("Chosen", "password"),
    }  # fmt: skip
