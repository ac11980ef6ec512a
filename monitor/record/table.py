"""The base of every table, and the record's own four: record, opening, sight, change.

Record, opening and sight are written only by the database function `batong_append`, change only by
the trigger `batong_change` (see monitor/migrations): the app's rights allow nothing else.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, LargeBinary, MetaData, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

NAMES = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}


class Xid8(UserDefinedType[int]):
    """PostgreSQL's xid8: the number of a transaction, never read by Python."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return the type's name."""
        return "xid8"


class Base(DeclarativeBase):
    """Every table; aware datetimes only, bytes are bytea, dictionaries and lists are jsonb."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        bytes: LargeBinary,
        str: Text,
        int: BigInteger,
        UUID: Uuid,
    }


class Recorded(Base):
    """A business table: each row has an `id`, and the change trigger watches every write to it."""

    __abstract__ = True
    id: Mapped[UUID] = mapped_column(primary_key=True)


class Record(Base):
    """One act, blind: its chain, its number if public, its commitment."""

    __tablename__ = "record"
    __table_args__ = (UniqueConstraint("id", "xact"), UniqueConstraint("chain", "seq"))
    id: Mapped[UUID] = mapped_column(primary_key=True)
    xact: Mapped[int] = mapped_column(Xid8())
    chain: Mapped[UUID]
    seq: Mapped[int | None]
    prev: Mapped[bytes | None]
    commitment: Mapped[bytes]


class Opening(Base):
    """What a record's commitment hides: 32 bytes of salt and the canonical body, verbatim."""

    __tablename__ = "opening"
    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    salt: Mapped[bytes]
    body: Mapped[bytes]
    private: Mapped[dict[str, Any] | None]


class Sight(Base):
    """By what it is decided who may see a record: the same as its body says, read without it."""

    __tablename__ = "sight"
    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    chain: Mapped[UUID]
    action: Mapped[str]
    done: Mapped[bool]
    section: Mapped[str | None]
    case_id: Mapped[str | None]
    addressee: Mapped[str | None]
    actor: Mapped[str | None]
    org: Mapped[str | None]


class Change(Base):
    """One row written by one record: salted digest of the row as it then stood."""

    __tablename__ = "change"
    n: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[UUID]
    xact: Mapped[int] = mapped_column(Xid8())
    tbl: Mapped[str]
    key: Mapped[UUID]
    op: Mapped[str]
    salt: Mapped[bytes]
    digest: Mapped[bytes]
