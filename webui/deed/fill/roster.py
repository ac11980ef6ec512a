"""Rosters of trustees: chosen from those used before, or brought as a file."""

from __future__ import annotations

from collections.abc import Iterable

from bidding.envelope.document import EnvelopeError
from bidding.envelope.roster import Roster, read_roster
from monitor.refusal import Invalid
from monitor.role import Role
from trading.desk.body import seated
from trading.desk.roster import rosters
from trading.notice.quorum import RULE
from trading.registration.project import found_project
from webui.deed.deed import Case, Caution, Values


def used(case: Case) -> Iterable[tuple[str, str]]:
    """Return the rosters of this owner's earlier documents, by digest."""
    for roster in _used(case):
        yield roster.digest, f"{roster.threshold}/{len(roster.seats)}：{_names(roster)}"


def newest(case: Case) -> str:
    """Return the one that was used last."""
    return next((key for key, _ in used(case)), "")


def chosen(case: Case, values: Values) -> Roster:
    """Return the roster that was brought, else the one that was chosen; raises Invalid."""
    if values["roster_file"]:
        return _read(values["roster_file"])
    for roster in _used(case):
        if roster.digest == values["roster"]:
            return roster
    raise Invalid(
        "roster", "请选择受托人名册，或上传一份 / choose a roster, or bring one", rule=RULE
    )


def strangers(case: Case, roster: Roster) -> Iterable[Caution]:
    """Point at seats of bodies that are not named as trustees of this very project."""
    with case.source.platform.read() as session:
        named = {body.uscc for body in seated(session, case.id, Role.TRUSTEE)}
    missing = [seat.name for seat in roster.seats if seat.authority not in named]
    if missing:
        words = "、".join(missing)
        yield Caution(
            "roster",
            f"名册中的{words}尚未确认为本项目受托人，开标时不能提交份额 / "
            f"not yet named as trustees of this project: {words}",
        )


def _used(case: Case) -> list[Roster]:
    with case.source.platform.read() as session:
        found = rosters(session, found_project(session, case.id).owner)
    return [read_roster(each.encode()) for each in found]


def _read(data: bytes) -> Roster:
    try:
        roster = read_roster(data)
    except EnvelopeError as fault:
        raise Invalid(
            "roster_file",
            "不是受托人名册文件：请选择受托人各自公钥组成的 JSON 文件，或者在上面选用以前的名册 / "
            "not a roster of trustees: choose the JSON file of the trustees' keys, "
            "or one used before in the list above",
            rule=RULE,
        ) from fault
    return roster


def _names(roster: Roster) -> str:
    return "、".join(seat.name for seat in roster.seats)
