"""What a draw is told in JSON or in a form's rows, read into the engine's own types."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping

from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.purpose import Manner
from experts.ceremony.mail.wanted import Wanted
from experts.ceremony.round import Place
from experts.panel.committee import Member
from monitor.refusal import Invalid
from webui.deed.deed import Case, Values
from webui.deed.fill.paper import store

_OF_A_MEMBER = {"mask", "name", "opening"}


def wanted(_: Case, values: Values) -> Values:
    """Several specialties in one row, apart by a blank or +, are drawn for together."""
    rows = [row for row in values["wanted"] if row["seats"]]
    lines = [
        Wanted(tuple(str(row["specialty"]).replace("+", " ").split()), int(row["seats"]))
        for row in rows
    ]
    told = {**values, "wanted": lines, "reason": values["reason"] or ""}
    return told | {"manner": manner_of(told)}


def manner_of(values: Values) -> Manner:
    """Take the purpose and the beacon out of what was filled in."""
    usual = Manner()
    return Manner(values.pop("purpose") or usual.purpose, values.pop("beacon") or usual.beacon)


def ordered(_: Case, values: Values) -> Values:
    """Name the order that cancels a draw by the SHA-256 of its file."""
    return {**values, "order": hashlib.sha256(values["order"]).hexdigest()}


def posted(_: Case, values: Values) -> Values:
    """Read the step of the protocol that a parcel belongs to."""
    return {**values, "step": _step(values["step"])}


def _step(told: str) -> Step:
    try:
        return Step(told)
    except ValueError:
        raise Invalid("step", "没有此步骤 / no such step") from None


def placed(_: Case, values: Values) -> Values:
    """Read the list of places that a round fills."""
    return {**values, "places": [_place(row) for row in values["places"]]}


def _place(row: object) -> Place:
    """Read {stratum, leaf, sealed} and, of a public lot, `name`; `sealed` in base64."""
    try:
        if not isinstance(row, Mapping):
            raise TypeError
        sealed = base64.b64decode(row["sealed"], validate=True)
        name = str(row["name"]) if "name" in row else None
        return Place(int(row["stratum"]), str(row["leaf"]), sealed, name)
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise Invalid("places", "应为 {stratum, leaf, sealed} / must be such rows") from None


def tries(_: Case, values: Values) -> Values:
    """Check that each attempt to reach somebody is a whole number of unix seconds."""
    if not all(isinstance(at, int) and not isinstance(at, bool) for at in values["attempts"]):
        raise Invalid("attempts", "应为秒数 / must be unix seconds")
    return values


def bundle(case: Case, values: Values) -> Values:
    """Keep the bundle's file; the act names its SHA-256."""
    data = values.pop("bundle")
    title = "抽取包 / draw bundle"
    return {
        **values,
        "sha256": hashlib.sha256(data).hexdigest(),
        "paper": store(case, "draw", title, data),
    }


def members(_: Case, values: Values) -> Values:
    """Read the list of {mask, name, opening}; a delegate's has no opening."""
    return {**values, "members": [_member(row) for row in values["members"]]}


def _member(row: object) -> Member:
    if not isinstance(row, Mapping) or not {"mask", "name"} <= set(row) <= _OF_A_MEMBER:
        raise Invalid("members", "应为 {mask, name, opening} / must be such rows")
    return Member(str(row["mask"]), str(row["name"]).strip(), row.get("opening"))
