"""Accounts of a demo's whole pool at once, under the password that everybody may know.

In a demo folder alone, and for whoever has no account yet: there it stands for what real people do
one by one, over days, each by an invitation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.demo import ONLY, DemoMoment
from monitor.record.identity import secret_id
from monitor.refusal import Conflict, Invalid, NotAllowed
from monitor.role import Role
from trading.account.account import Account, required_name
from trading.account.credential import Chosen


@action("account.stand_in", by=(Role.SYSTEM,), visibility=Visibility.SECRET, standing=False)
def stand_in(act: Act, *, people: Mapping[UUID, str], chosen: Chosen) -> int:
    """Give each of these people an account of that name; return how many.

    Raises NotAllowed outside of a demo, Conflict where one of them has an account.
    """
    act.require(
        act.session.get(DemoMoment, ONLY),
        NotAllowed("仅限演示文件夹 / in a demo folder alone", rule="clock"),
    )
    act.require(people and chosen.password, Invalid("people", "没有人 / nobody", rule="clock"))
    known = act.session.scalars(select(Account.person).where(Account.person.in_(people))).all()
    act.require(not known, Conflict("已有账号 / somebody has an account", field="people"))
    act.session.add_all(
        Account(
            id=secret_id(), person=person, name=required_name(name), password=chosen.password,
            totp=None, totp_step=0,
        )
        for person, name in people.items()
    )  # fmt: skip
    told = "\n".join(sorted(people.values())).encode()
    act.note(number=len(people), names=hashlib.sha256(told).hexdigest())
    return len(people)
