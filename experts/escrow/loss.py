"""An inspector's machine that is lost under a running draw: its key is put together by its deputy.

All of it on record before it is used, and only while the draw waits for the machine: the deputy
asks with a reason, two of the three whom the machine itself named hand their pieces on, sealed to
the deputy, and sign who succeeds. The VRF has one output: nobody chooses anything by this.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from experts.ceremony.header import Draw, Kind, checked, found_draw, needed, put, steps
from experts.ceremony.mail.agenda import agenda
from experts.ceremony.mail.machine.absence import is_away, require_away
from experts.ceremony.mail.machine.machine import DEPUTY, Machine, machine_behind
from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.parcel import parcels_of
from experts.ceremony.mail.reading import reading
from experts.ceremony.mail.request import DrawRequest, requests_of
from experts.ceremony.mail.view import View
from experts.draw.curve import vrf
from experts.draw.encoding import DrawError, check_signature, unhex
from experts.draw.header import CENTRE, INSPECTOR
from experts.escrow.checking import is_sound
from experts.escrow.dealing import KeyDeal, deals_of, dealt
from experts.escrow.holder import RECIPIENT, holder_behind
from experts.escrow.key import Deal, asked_statement, successor_alpha
from experts.escrow.recovery import NEEDED, Escrow, escrow_of
from experts.escrow.succession import Given, read_given, succeeded
from experts.pool.expert import stamp
from monitor.record.act import Act
from monitor.record.action import action
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound, WrongStage
from monitor.role import Role

_RULE = "batong-draw/1 §2.2"
MOST_SEALED, MOST_REASON = 4096, 500
"""Characters of a piece as it is sealed, and of the reason for which a key is asked for."""
WANTED = frozenset({"reveals", "type", "ask", "answer", "closing", "final"})
"""What the inspector's machine alone does; a share that did not come has its own escrow."""
_OF_LOSS = frozenset({Kind.KEY_ASKED, Kind.KEY_PIECE, Kind.FALSE_PIECE})


@action("draw.ask_key", by=(Role.DEPARTMENT,))
def ask_key(act: Act, *, draw: UUID, recipient: str, signature: str, reason: str) -> int:
    """Ask the holders for the key of the own organisation's lost agent; return how long it is away.

    signature: the deputy's, under `recipient`, the age key that the pieces are to be sealed to.
    Raises NotAllowed for whoever is not its deputy, TooEarly while the agent may answer, Conflict
    the second time, WrongStage where others are waited for or the key is in no escrow, Invalid.
    """
    act.attempt(subject=str(draw))
    found = found_draw(act, draw)
    request, agent = request_of(act, found)
    deputy = deputy_of(act, agent)
    act.require(reason.strip(), Invalid("reason", "须写明原因 / a reason is needed"))
    act.require(
        RECIPIENT.fullmatch(recipient),
        Invalid("recipient", "应为 age1 开头的公钥 / a public key as age1…", rule="age"),
    )
    act.require(
        not steps(act.session, found, Kind.KEY_ASKED),
        Conflict("已申请恢复 / it was asked for already", field="draw", rule=_RULE),
    )
    waited = lost_for(act, request)
    row, deal = escrowed(act.session, found, agent)
    with checked():
        statement = asked_statement(found.hh, recipient)
        check_signature(deputy.sign, statement, signature, "recipient")
    act.require(
        deal.heir == deputy.sign,
        NotAllowed("监督端登记的备用端不是此端 / the agent named another deputy", rule=_RULE),
    )
    told = {"deal": str(row.id), "recipient": recipient, "sig": signature}
    put(act, found, Kind.KEY_ASKED, {**told, "sign": deputy.sign.hex()}, role=INSPECTOR)
    act.note(
        agent=str(agent.id), deputy=str(deputy.id), reason=reason.strip(), waited=waited,
        vrf=deal.vrf.hex(), **told,
    )  # fmt: skip
    return waited


@action("draw.hand_on_key", by=(Role.TRUSTEE,), standing=False)
def hand_on_key(act: Act, *, draw: UUID, at: int, sealed: str, signature: str) -> int:
    """Hand one's piece of a lost agent's key on to its deputy; return its place x.

    sealed: the piece, to the recipient on record; at (unix seconds) and who succeeds are signed.
    Raises WrongStage where it was not asked for, TooEarly, NotAllowed for whoever holds none,
    Conflict the second time, Invalid.
    """
    act.attempt(subject=str(draw))
    found = found_draw(act, draw)
    request, agent = request_of(act, found)
    asked = needed(act.session, found, Kind.KEY_ASKED)
    lost_for(act, request)
    _, deal = asked_deal(act.session, found)
    x = _place(act, deal.escrow)
    act.require(0 < len(sealed) <= MOST_SEALED, Invalid("sealed", "密封分片有误 / no sealed piece"))
    act.require(at <= stamp(act.now), Invalid("at", "不得晚于当前时间 / not in the future"))
    with checked():
        heir = unhex(asked["sign"], 32, "sign")
        told = Given(x, at, signature)
        read_given(found.read(), INSPECTOR, deal.escrow, heir, told.value())
    put(act, found, Kind.KEY_PIECE, {**told.value(), "sealed": sealed}, k=x, role=INSPECTOR)
    act.session.flush()
    if len(steps(act.session, found, Kind.KEY_PIECE)) >= NEEDED and agent.lost_at is None:
        agent.lost_at = act.now
    act.note(x=x, at=at, signature=signature, deal=asked["deal"])
    return x


@action("draw.succeed", by=(Role.DEPARTMENT,))
def succeed(act: Act, *, draw: UUID, proof: str) -> None:
    """Take the part of a lost agent for the rest of this draw, with its key put together again.

    proof: a VRF proof by that key (hex). The agent's machine ends, and its key opens no other draw.
    Raises NotAllowed for whoever did not ask, TooEarly where the agent is back, WrongStage without
    two pieces, Conflict the second time, Invalid for another key.
    """
    act.attempt(subject=str(draw))
    found = found_draw(act, draw)
    request, agent = request_of(act, found)
    deputy = deputy_of(act, agent)
    asked = needed(act.session, found, Kind.KEY_ASKED)
    act.require(asked["sign"] == deputy.sign.hex(), NotAllowed("非申请的备用端 / another deputy"))
    lost_for(act, request)
    told = {"given": _given(act, found), "role": INSPECTOR, "sign": asked["sign"]}
    commits = [row.document for row in steps(act.session, found, Kind.COMMIT)]
    with checked():
        header = succeeded(found.read(), commits, told)
        alpha = successor_alpha(found.hh, deputy.sign)
        _check_proof(header.key(INSPECTOR, "vrf"), alpha, proof)
    put(act, found, Kind.SUCCESSION, told, role=INSPECTOR)
    filed = [one for one in parcels_of(act.session, request.id) if one.step == Step.FILING.value]
    request.inspector, request.taken_over_at, request.void = deputy.id, act.now, len(filed)
    agent.until, agent.lost_at = agent.until or act.now, agent.lost_at or act.now
    act.note(
        agent=str(agent.id), deputy=str(deputy.id), keys=deputy.keys,
        opened_by=[one["x"] for one in told["given"]],
    )  # fmt: skip


def lost_since(view: View) -> int | None:
    """Return since when nothing happened in a draw that waits for the inspector's machine (pure).

    None where it does not; others may be waited for beside it, as for the typing of the dice.
    """
    if view.header is None:
        return None
    if not any(todo.who == INSPECTOR and todo.what in WANTED for todo in agenda(view)):
        return None
    told = [int(one["at"]) for one in view.value["steps"] if one["kind"] not in _OF_LOSS]
    told += [int(one["at"]) for one in view.value["parcels"] if one["step"] != Step.TROUBLE.value]
    return max(told)


def is_lost_by(view: View) -> bool:
    """Tell whether the machine is away past the limit of its purpose, and did not object (pure)."""
    return is_away(view, lost_since(view))


def lost_for(act: Act, request: DrawRequest) -> int:
    """Return for how many seconds the agent is away; raises WrongStage, TooEarly."""
    view = View(reading(act.session, request, CENTRE, act.now))
    since = lost_since(view)
    if since is None:
        raise WrongStage(
            "现在等待的不是监督端 / the agent is not what is waited for", field="draw", rule=_RULE
        )
    return require_away(act, view, since, "draw")


def request_of(act: Act, draw: Draw) -> tuple[DrawRequest, Machine]:
    """Return the request of a draw, and whose machine takes the inspector's part; NotFound."""
    found = asked_of(act.session, draw)
    if found is None:
        raise NotFound("本次抽取没有申请 / this draw has no request", field="draw")
    return found, act.session.get_one(Machine, found.inspector)


def asked_of(session: Session, draw: Draw) -> DrawRequest | None:
    """Return the request that a draw was made of, if it was made of one here."""
    asked = requests_of(session, draw.project)
    return next((each for each in asked if each.name == draw.header["draw"]), None)


def escrowed(session: Session, draw: Draw, agent: Machine) -> tuple[KeyDeal, Deal]:
    """Return the newest deal of an agent's key to those who hold its share, two of whom opened it.

    Raises WrongStage for none.
    """
    commits = [one.document for one in steps(session, draw, Kind.COMMIT)]
    copy = next((escrow_of(one) for one in commits if one["role"] == INSPECTOR), None)
    key = draw.read().key(INSPECTOR, "vrf")
    for row in deals_of(session, agent.id) if copy else ():
        _, deal = dealt(session, row)
        here = copy and (deal.escrow.holders, deal.vrf) == (copy.holders, key)
        if here and is_sound(session, row.id):
            return row, deal
    raise WrongStage(
        "监督端密钥未托管给本次抽取的持有人，或未经其中两人核对"
        " / its key is in no escrow of this draw whose pieces two holders found to fit",
        field="draw", rule=_RULE,
    )  # fmt: skip


def asked_deal(session: Session, draw: Draw) -> tuple[KeyDeal, Deal]:
    """Return the deal whose pieces were asked for, whatever was dealt since; raises WrongStage."""
    asked = needed(session, draw, Kind.KEY_ASKED)
    row = session.get_one(KeyDeal, UUID(asked["deal"]))
    return row, dealt(session, row)[1]


def set_aside(session: Session, draw: Draw) -> set[int]:
    """Return whose pieces were proven false, or are said not to open (accusation.py)."""
    return {row.k for row in steps(session, draw, Kind.FALSE_PIECE)}


def deputy_of(act: Act, agent: Machine) -> Machine:
    """Return the acting machine, if it is the deputy of a lost agent; raises NotAllowed."""
    found = machine_behind(act.session, act.actor)
    if found is None or found.role != DEPUTY or found.org != agent.org or agent.role == DEPUTY:
        raise NotAllowed("仅限登记的备用监督端 / only the named deputy", rule="draw.name_deputy")
    return found


def _place(act: Act, escrow: Escrow) -> int:
    for x, holder in enumerate(escrow.holders, 1):
        if holder_behind(act.session, act.actor.person, holder.sign) is not None:
            return x
    raise NotAllowed("仅限该密钥登记的持有人 / only a holder of this key", rule=_RULE)


def _given(act: Act, draw: Draw) -> list[dict[str, object]]:
    """Return what the first two holders signed whose pieces were not set aside."""
    bad = set_aside(act.session, draw)
    rows = [row for row in steps(act.session, draw, Kind.KEY_PIECE) if row.k not in bad]
    act.require(
        len(rows) >= NEEDED, WrongStage("须两位持有人 / two holders are needed", rule=_RULE)
    )
    return [{key: row.document[key] for key in ("at", "sig", "x")} for row in rows[:NEEDED]]


def _check_proof(key: bytes, alpha: bytes, proof: str) -> None:
    try:
        vrf.verify(key, alpha, unhex(proof, vrf.PROOF_BYTES, "proof"))
    except vrf.VrfError as fault:
        raise DrawError("proof", "is not by the lost key / 不是该密钥的证明") from fault
