"""`batong appoint | invite`: who comes in when a platform is set up, and who finds no colleague.

The first administrator and the first holder of each sealed office are nobody's of the platform to
appoint: whoever runs the machine does, as an act of the system on record.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click

from monitor.refusal import Conflict, NotFound
from monitor.role import SYSTEM, Role
from monitor.runtime.settings import Settings, load
from trading.account.account import account_named
from trading.account.keeping import Keeping
from trading.registration.party import Kind, appoint, enrol, organisation_with, register
from webui.cli.report import one_line_errors
from webui.demo.account import open_keeping
from webui.house import House, open_house

_DATA = click.option(
    "--data", type=click.Path(exists=True, file_okay=False, path_type=Path), help="default: ./data"
)
_ROLES = [each.value for each in Role if each is not Role.SYSTEM]


@click.command("appoint")
@click.argument("account")
@click.option("--person", required=True, help="姓名 / name of the person")
@click.option("--role", type=click.Choice(_ROLES), required=True, help="岗位 / office")
@click.option("--category", help="行政监督部门的交易类别 / a department's trade category")
@click.option(
    "--uscc", required=True, help="单位统一社会信用代码 / credit code of the organisation"
)
@click.option("--unit", default="", help="单位名称，未登记的 / its name where it is not registered")
@click.option(
    "--kind", type=click.Choice(list(Kind)), default=Kind.AUTHORITY, help="单位种类 / kind"
)
@_DATA
@one_line_errors
def appoint_(account: str, data: Path | None, **told: str) -> None:
    """任命首任，打印一次性邀请 / Appoint a first holder; print an invitation, good once."""
    with _open(load(os.environ, data=data)) as (house, keeping):
        do = house.platform.perform
        with house.platform.read() as session:
            if account_named(session, account) is not None:
                raise Conflict("该登录名已被使用 / this name is taken", field="account")
            known = organisation_with(session, told["uscc"])
            org = known.id if known else None
        if org is None:
            kind = Kind(told["kind"])
            org = do(register, SYSTEM, None, uscc=told["uscc"], name=told["unit"], kind=kind)
        person = do(enrol, SYSTEM, None, name=told["person"])
        do(
            appoint, SYSTEM, None, person=person, organisation=org, role=Role(told["role"]),
            category=told["category"],
        )  # fmt: skip
        click.echo(keeping.invite(SYSTEM, person, account))


@click.command("invite")
@click.argument("account")
@_DATA
@one_line_errors
def invite(account: str, data: Path | None) -> None:
    """再次邀请：没有同事可办的 / Invite ACCOUNT again where no colleague is left to."""
    with _open(load(os.environ, data=data)) as (house, keeping):
        with house.platform.read() as session:
            found = account_named(session, account)
            person = found.person if found else None
        if person is None:
            raise NotFound("没有此账号 / no such account", field="account")
        click.echo(keeping.invite(SYSTEM, person, account))


@contextmanager
def _open(settings: Settings) -> Iterator[tuple[House, Keeping]]:
    with open_house(settings) as house:
        house.prepare()
        keeping = open_keeping(house.platform, settings, house.ground.redis_url)
        with closing(keeping):
            yield house, keeping
