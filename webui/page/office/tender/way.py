"""The way of a tenderer through a trade: every step with its state, and the one to take next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from trading.fee.deposit import State as Money
from webui.page.language import text
from webui.page.office.tender.stand import Stand


class State(StrEnum):
    """How a step stands; the names that the macro `tasks` shows."""

    NOW = "now"
    TODO = "todo"
    WAIT = "wait"
    LATER = "later"
    DONE = "done"
    LATE = "late"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Step:
    """A step: its name, state, what to do or what is waited for, and until when."""

    name: str
    state: State
    say: str = ""
    due: datetime | None = None

    @property
    def title(self) -> str:
        """Name the step in the reader's language."""
        return text(f"bid.step.{self.name}")


@dataclass(frozen=True, slots=True)
class Way:
    """All steps in order; `next` is the one to take or to wait for."""

    steps: tuple[Step, ...]

    @property
    def next(self) -> Step:
        """Return the step to take, else the first that is waited for, else the last."""
        over = {State.DONE, State.LATE}
        ranked = [each for each in self.steps if each.state is State.NOW]
        ranked += [each for each in self.steps if each.state not in over]
        return ranked[0] if ranked else self.steps[-1]

    @property
    def line(self) -> list[dict[str, str]]:
        """Return the steps as the macro `step_line` shows them."""
        here = self.next
        return [
            {
                "name": each.name, "title": each.title, "note": _mark(each),
                "state": _look(each, each is here),
            }
            for each in self.steps
        ]  # fmt: skip

    def of(self, name: str) -> Step:
        """Return the step of a name."""
        return next(step for step in self.steps if step.name == name)

    @property
    def ahead(self) -> tuple[str, ...]:
        """Return the names of the steps as the page shows their cards: the one to take first."""
        names = [each.name for each in self.steps]
        return tuple(sorted(names, key=lambda name: not self.is_next(name)))

    def is_next(self, name: str) -> bool:
        """Tell whether this is the step to take."""
        return self.next.name == name


def _look(step: Step, here: bool) -> str:
    if step.state is State.DONE:
        return "done"
    if step.state in {State.LATE, State.STOP}:
        return "halt"
    return "now" if here else "todo"


def _mark(step: Step) -> str:
    return text(f"bid.mark.{step.state.value}")


def way_of(stand: Stand, now: datetime) -> Way:
    """Return the way of this tenderer as it stands."""
    found = [
        _key(stand), _join(stand), _documents(stand, now), _deposit(stand), _seal(stand, now),
        _opening(stand, now), _refund(stand),
    ]  # fmt: skip
    steps = [step for step in found if step is not None]
    for place, step in enumerate(steps):
        if step.state is State.TODO:
            steps[place] = Step(step.name, State.NOW, step.say, step.due)
            break
    return Way(tuple(steps))


def _deadline(stand: Stand) -> datetime:
    return stand.terms.document.deadline if stand.terms else stand.entry.deadline


def _key(stand: Stand) -> Step:
    if stand.proven or (stand.own is not None and stand.done("reveal")):
        return Step("key", State.DONE)
    if stand.done("reveal") or stand.done("fail"):
        return Step("key", State.LATE)
    if stand.terms is None:
        return Step("key", State.WAIT, text("bid.say.no_documents"), _deadline(stand))
    return Step("key", State.TODO, text("bid.say.key"), _deadline(stand))


def _documents(stand: Stand, now: datetime) -> Step:
    until = stand.terms.document.supply_until if stand.terms else None
    obtained = stand.own.obtained if stand.own else None
    if obtained is not None:
        newer = stand.missing_addenda
        if newer and until and now <= until:
            return Step("documents", State.TODO, text("bid.say.newer", count=newer), until)
        return Step("documents", State.DONE)
    if until and now > until:
        return Step("documents", State.LATE, text("bid.say.supply_over"), until)
    return Step("documents", State.TODO if stand.proven else State.LATER, "", until)


def _join(stand: Stand) -> Step:
    if stand.own and stand.own.joined:
        return Step("join", State.DONE)
    state = State.LATE if stand.closed else State.TODO if stand.proven else State.LATER
    return Step("join", state, text("bid.say.join"), _deadline(stand))


def _deposit(stand: Stand) -> Step | None:
    if not stand.section.deposit_fen:
        return None
    deposit, until = stand.own.deposit if stand.own else None, _deadline(stand)
    if deposit is not None and deposit.state == Money.OPENED:
        state = State.LATE if stand.closed else State.TODO
        return Step("deposit", state, text("bid.say.unpaid", number=deposit.number), until)
    if deposit is not None:
        return Step("deposit", State.DONE, text(f"bid.money.{deposit.state}"))
    if stand.closed:
        return Step("deposit", State.LATE, "", until)
    if not stand.announced:
        return Step("deposit", State.WAIT, text("bid.say.no_accounts"), until)
    joined = stand.own is not None and stand.own.joined
    return Step("deposit", State.TODO if joined else State.LATER, text("bid.say.deposit"), until)


def _seal(stand: Stand, now: datetime) -> Step:
    until, standing = _deadline(stand), stand.own.standing if stand.own else None
    if standing is not None and not _is_stale(stand):
        return Step("seal", State.DONE, text("bid.say.received", version=standing.version))
    if stand.closed or now > until:
        return Step("seal", State.LATE, text("bid.say.too_late"), until)
    if standing is not None:
        return Step("seal", State.TODO, text("bid.say.anew"), until)
    joined = stand.own is not None and stand.own.joined
    return Step("seal", State.TODO if joined else State.LATER, text("bid.say.seal"), until)


def _is_stale(stand: Stand) -> bool:
    """Tell whether an addendum asked for all bids anew after this one was sealed."""
    standing = stand.own.standing if stand.own else None
    if standing is None or stand.terms is None:
        return False
    return standing.notice not in {stand.terms.notice, *stand.terms.earlier}


def _opening(stand: Stand, now: datetime) -> Step:
    until = _deadline(stand)
    if stand.done("reveal"):
        return Step("opening", State.DONE, text("bid.say.revealed"))
    if stand.done("fail"):
        return Step("opening", State.STOP, text("bid.say.failed"))
    if not stand.closed:
        words = text("bid.say.closing" if now > until else "bid.say.opens")
        return Step("opening", State.WAIT if now > until else State.LATER, words, until)
    if stand.own is None or stand.own.standing is None:
        return Step("opening", State.STOP, text("bid.say.no_bid"))
    if stand.own.lost:
        return Step("opening", State.STOP, text("bid.say.lost"))
    if stand.own.asked:
        return Step("opening", State.TODO, text("bid.say.again"), stand.own.asked[0].until)
    if stand.own.released or stand.done("unlock") or not _opens_itself(stand):
        return Step("opening", State.WAIT, text("bid.say.await_reveal"))
    return Step("opening", State.TODO, text("bid.say.release"))


def _opens_itself(stand: Stand) -> bool:
    return stand.terms is not None and stand.terms.document.manner == "bidders_first"


def _refund(stand: Stand) -> Step | None:
    deposit = stand.own.deposit if stand.own else None
    if deposit is None or deposit.kind != "cash" or deposit.state == Money.OPENED:
        return None
    words = text(f"bid.money.{deposit.state}")
    over = deposit.state in {Money.RETURNED, Money.FORFEITED, Money.PAID_OVER}
    waits = State.WAIT if stand.closed else State.LATER
    return Step("refund", State.DONE if over else waits, words)
