"""What a thief of everything at rest would find: a word looked for in tables and files."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from monitor.runtime.database import Addresses, libpq

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
CHUNK = 1 << 20
CONTROL = ("global", "pg_control")


def variants(word: str) -> set[bytes]:
    """The word as it may lie somewhere: plain, escaped, in hexadecimal, in any phase of base64."""
    raw = word.encode()
    encoded = {base64.b64encode(bytes(phase) + raw)[4 if phase else 0 : -4] for phase in range(3)}
    return {raw, json.dumps(word)[1:-1].encode(), raw.hex().encode(), *encoded}


def in_tables(database: Addresses, word: str) -> set[str]:
    """The tables with a row whose text form holds the word, in whatever form."""
    sought = variants(word)
    with psycopg.connect(libpq(database.superuser_url)) as connection:
        names = [name for (name,) in connection.execute(TABLES)]
        return {
            name
            for name in names
            if any(one in text for text in rows(connection, name) for one in sought)
        }


def rows(connection: psycopg.Connection, table: str) -> Iterator[bytes]:
    """Each row's text form; what is binary in it comes as hexadecimal."""
    query = sql.SQL("SELECT to_jsonb(t)::text FROM {} t").format(sql.Identifier(table))
    return (text.encode() for (text,) in connection.execute(query))


def in_files(folders: list[Path], *words: str) -> dict[str, set[str]]:
    """The files below these folders that hold each word, in whatever form; each is read once."""
    found: dict[str, set[str]] = {word: set() for word in words}
    sought = {word: variants(word) for word in words}
    longest = max(len(one) for each in sought.values() for one in each)
    for path in (path for folder in folders for path in below(folder)):
        for text in pieces(path, longest):
            for word, each in sought.items():
                if any(one in text for one in each):
                    found[word].add(str(path))
    return found


def below(folder: Path) -> Iterator[Path]:
    """The files below a folder; others drop their databases meanwhile, of the same server."""
    for place, _, names in os.walk(folder):
        yield from (path for name in names if (path := Path(place, name)).is_file())


def pieces(path: Path, overlap: int) -> Iterator[bytes]:
    """A file's bytes in pieces that overlap, so that no word is cut in two."""
    tail = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield tail + chunk
            tail = chunk[-overlap:]


def server_folders(server: Path, database: Addresses) -> list[Path]:
    """The server's own files of this database, and its write-ahead log; none if it is elsewhere."""
    with psycopg.connect(libpq(database.superuser_url), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        row = connection.execute(
            "SELECT oid FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    assert row is not None
    clusters = [path.parents[1] for path in below(server) if path.parts[-2:] == CONTROL]
    return [
        cluster / part
        for cluster in clusters
        for part in (f"base/{row[0]}", "pg_wal", "log")
        if (cluster / part).is_dir()
    ]
