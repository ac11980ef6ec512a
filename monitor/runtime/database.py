"""The database and its three logins: owner, app, sequencer; and their addresses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from monitor.runtime.secret import secret

NAME = "batong"


class Login(StrEnum):
    """Who logs in to PostgreSQL."""

    SUPERUSER = "postgres"
    OWNER = "batong_owner"
    APP = "batong_app"
    SEQUENCER = "batong_sequencer"


@dataclass(frozen=True, slots=True)
class Addresses:
    """SQLAlchemy URLs of one database, a login each; they hold passwords, so repr shows none."""

    owner_url: str = field(repr=False)
    app_url: str = field(repr=False)
    sequencer_url: str = field(repr=False)
    superuser_url: str = field(repr=False)


def passwords(data: Path) -> dict[Login, str]:
    """Returns the password of each login from `data`/secrets, made on first use."""
    return {login: secret(data / "secrets", f"{login}.password") for login in Login}


def addresses(host: str, words: Mapping[Login, str], name: str = NAME) -> Addresses:
    """Returns the addresses of database `name`; `host` is a socket folder or a host name."""

    def url(login: Login) -> str:
        word = quote(words[login], safe="")
        return f"postgresql+psycopg://{login}:{word}@/{name}?host={quote(host, safe='/')}"

    return Addresses(url(Login.OWNER), url(Login.APP), url(Login.SEQUENCER), url(Login.SUPERUSER))


def libpq(url: str) -> str:
    """Returns a SQLAlchemy URL as psycopg reads it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def create_logins(superuser_url: str, words: Mapping[Login, str]) -> None:
    """Creates the three logins where missing and sets their passwords.

    The server only ever sees SCRAM verifiers (RFC 5802), so no log line can hold a password.
    """
    with psycopg.connect(libpq(superuser_url), autocommit=True) as connection:
        known = {row[0] for row in connection.execute("select rolname from pg_roles")}
        for login in (Login.OWNER, Login.APP, Login.SEQUENCER):
            verifier = connection.pgconn.encrypt_password(
                words[login].encode(), login.encode(), b"scram-sha-256"
            ).decode()
            verb = "alter" if login in known else "create"
            connection.execute(
                sql.SQL(verb + " role {} login nosuperuser nocreatedb nocreaterole password {}")
                .format(sql.Identifier(login), sql.Literal(verifier))
            )  # fmt: skip
            connection.execute(sql.SQL("alter role {} reset all").format(sql.Identifier(login)))


def create_database(superuser_url: str, name: str = NAME, template: str = "template0") -> None:
    """Creates database `name` where missing, owned by the owner and closed to other logins."""
    with psycopg.connect(libpq(superuser_url), autocommit=True) as connection:
        query = "select 1 from pg_database where datname = %s"
        if connection.execute(query, [name]).fetchone() is None:
            connection.execute(
                sql.SQL("create database {} owner {} template {}").format(
                    sql.Identifier(name), sql.Identifier(Login.OWNER), sql.Identifier(template)
                )
            )
        for statement in (
            "revoke all on database {} from public",
            f"grant connect on database {{}} to {Login.APP}, {Login.SEQUENCER}",
        ):
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def create_extensions(superuser_url: str) -> None:
    """Creates btree_gist (exclusion constraints over a key and a time range) where missing."""
    with psycopg.connect(libpq(superuser_url), autocommit=True) as connection:
        connection.execute("create extension if not exists btree_gist")
