"""Deeds of the expert pool 专家库: entries one by one, reviewed, suspended, changed; its keepers.

Many at once come by a sheet (`/pool/import`), whoever asks for it by `/apply`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from bidding.envelope.age.error import AgeError
from bidding.envelope.age.file import encrypt_bytes
from experts.pool.candidacy import Candidacy
from experts.pool.change import Change, amend, resume
from experts.pool.expert import Verdict, enrol, review, suspend
from experts.pool.intake.application import keepers, name_keepers
from experts.pool.intake.roster import Seal, candidacy_of
from monitor.refusal import Invalid
from trading.registration.directory import every_organisation
from webui.deed.choice import Choice
from webui.deed.deed import Case, Deed, Values
from webui.deed.field import Long, Moment, Text, Whole
from webui.deed.fill.choice import names_of
from webui.page.source import Source

MOST_UIDS = 4000


def seal_of(source: Source) -> Seal:
    """Return what seals a person to those who keep the pool's names; raises NotFound."""
    with source.platform.read() as session:
        recipient = keepers(session)

    def seal(person: bytes) -> bytes:
        try:
            return encrypt_bytes(person, [recipient])
        except AgeError as fault:
            raise Invalid(
                "name", "保管人公钥无效 / the keepers' key is none", rule="age"
            ) from fault

    return seal


def asked_by(source: Source, values: Values) -> Candidacy:
    """Return the candidacy that a form tells, its person sealed; raises Invalid."""
    cells = {name: str(told or "") for name, told in values.items()}
    return candidacy_of({"uid": "S", **cells}, seal_of(source))


def _enrolled(case: Case, values: Values) -> Values:
    return {"candidacy": asked_by(case.source, values)}


def _reviewed(_: Case, values: Values) -> Values:
    return {**values, "uids": values["uids"].split(), "reason": values["reason"] or ""}


def _units(case: Case) -> Iterable[tuple[str, str]]:
    with case.source.platform.read() as session:
        return [(str(key), name) for key, name, _ in every_organisation(session)]


def _pool(_: Case, __: Any) -> str:
    return "/pool"


UID = Text("uid", most=40, words="专家编号 / Number of the expert")
PERSON = (
    Text("name", most=60, words="姓名 / Name", hint="pool.hint.name"),
    Text("phone", most=40, words="电话 / Telephone"),
    Text("region", most=6, words="地区代码 / Region", hint="hint.region"),
    Text("title", most=60, words="职称 / Professional title"),
    Whole("born", least=1900, greatest=2100, words="出生年 / Year of birth", hint="pool.hint.born"),
    Whole("practising_since", least=1900, greatest=2100, words="从业起始年 / In the field since",
          hint="pool.hint.since"),
    Text("main_specialty", most=20, words="主专业代码 / Main specialty"),
    Text("specialties", most=300, words="全部专业代码 / All specialties",
         hint="pool.hint.specialties"),
    Text("employers", most=1000, words="工作单位和起止日期 / Employers with dates",
         hint="pool.hint.employers"),
    Text("certificates", required=False, most=1000, words="证书 / Certificates",
         hint="pool.hint.certificates"),
)  # fmt: skip
DEEDS = (
    Deed(enrol, (UID, *PERSON), _enrolled, whole=True, after=_pool),
    Deed(
        review,
        (
            Long("uids", most=MOST_UIDS, lines=3, words="待复核编号 / Numbers to decide",
                 hint="pool.hint.uids"),
            Choice("verdict", options=names_of("pool.verdict", Verdict), kind=Verdict,
                   words="结论 / Verdict"),
            Choice("organisation", options=_units, kind=UUID,
                   words="专家库所属单位 / Unit that keeps the pool"),
            Long("reason", required=False, most=500, lines=3,
                 words="不予入库的理由 / Why declined", hint="pool.hint.reason"),
        ),
        _reviewed,
        whole=True,
        after=_pool,
    ),
    Deed(
        suspend,
        (
            UID,
            Moment("until", required=False, words="至何时 / Until", hint="pool.hint.until"),
            Long("ground", most=500, lines=3, words="理由 / Ground"),
        ),
        whole=True,
        after=_pool,
    ),
    Deed(
        resume,
        (UID, Long("ground", most=500, lines=3, words="理由 / Ground", hint="pool.hint.resume")),
        whole=True,
        after=_pool,
    ),
    Deed(
        amend,
        (
            UID,
            Choice("change", options=names_of("pool.change", Change), kind=Change,
                   words="变更 / Change"),
            Text("value", most=60, words="专业、地区或单位代码 / Specialty, region or credit code"),
            Moment("since", start=lambda case: case.now, words="自何时起 / From when"),
        ),
        whole=True,
        after=_pool,
    ),
    Deed(
        name_keepers,
        (Text("recipient", most=62, words="保管人公钥 / The keepers' public key",
              hint="pool.hint.recipient"),),
        whole=True,
        after=lambda _, __: "/people",
    ),
)  # fmt: skip
