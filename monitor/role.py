"""Roles and actors: who may be what. What a role may do is declared on each action, never here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """The roles of a trading centre, by the field's standard terms."""

    TENDEREE = "tenderee"  # 招标人 / 采购人
    AGENCY = "agency"  # 招标代理机构
    TENDERER = "tenderer"  # 投标人
    CENTRE = "centre"  # 中心工作人员
    FINANCE = "finance"  # 财务
    EXPERT = "expert"  # 评标专家
    TRUSTEE = "trustee"  # 密钥受托人
    WITNESS = "witness"  # 日志见证人
    DEPARTMENT = "department"  # 行政监督部门, by category
    DISCIPLINE = "discipline"  # 纪检监察
    ADMINISTRATOR = "administrator"  # accounts only, nothing in a trade
    SYSTEM = "system"  # what the platform writes down of itself: moments passed, duties opened


PROJECT_ROLES = frozenset({Role.TENDEREE, Role.AGENCY, Role.DEPARTMENT, Role.TRUSTEE})
"""Roles that an organisation must hold in the very project (`standing`), not only in general."""
SEALED_ROLES = frozenset({Role.DISCIPLINE, Role.DEPARTMENT, Role.TRUSTEE})
"""Offices that hold reports, the inspector's part of a draw, or a share of the bids' keys.

Whoever keeps accounts is not to come in by an account of their own making, so nobody enters one but
by the word of a colleague there.
"""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person, for an organisation, in a role.

    `mask` is the pseudonym under which a secret act is recorded (a tenderer before CLOSE, an
    expert before the result); the person behind it is then nowhere in the record.
    """

    person: UUID
    org: UUID
    role: Role
    mask: str | None = None

    def as_recorded(self) -> dict[str, str]:
        """Return the actor as the record shows it."""
        if self.mask is not None:
            return {"id": self.mask, "role": self.role.value}
        return {"id": str(self.person), "org": str(self.org), "role": self.role.value}


NOBODY = UUID(int=0)
SYSTEM = Actor(NOBODY, NOBODY, Role.SYSTEM)
