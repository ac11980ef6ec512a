"""What a machine or a page sees of one draw, as one JSON value (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.purpose import PURPOSES, Purpose
from experts.draw.encoding import unhex
from experts.draw.header import INSPECTOR, Header, read_header, read_signed
from experts.draw.transcript import Outcome
from experts.escrow.recovery import Holder, escrow_of, fitting, read_piece
from monitor.log.canonical import JSON

SITTING = ("confirmed", "checked_in")


@dataclass(frozen=True, slots=True)
class View:
    """One draw as the platform tells it to one side; see reading.py for the keys."""

    value: Mapping[str, Any]

    @property
    def request(self) -> str:
        """The request's id."""
        return str(self.value["request"])

    @property
    def project(self) -> str:
        """The project's id."""
        return str(self.value["project"])

    @property
    def name(self) -> str:
        """The name that the header gives to the draw."""
        return str(self.value["name"])

    @property
    def draw(self) -> str:
        """The id of the draw, once its header is published."""
        return str(self.value["draw"])

    @property
    def purpose(self) -> Purpose:
        """What the draw is for; raises KeyError for a purpose unknown here."""
        return PURPOSES[str(self.value["purpose"])]

    @property
    def state(self) -> str:
        """Asked, withdrawn, open, finished or cancelled."""
        return str(self.value["state"])

    @property
    def deputised(self) -> bool:
        """Whether the inspector's deputy took its part."""
        return bool(self.value.get("taken_over"))

    def hello(self, role: str) -> Mapping[str, Any] | None:
        """Return to what key a side's mail of this draw is sealed, once it said so."""
        return self.parcel(Step.HELLO, role, self.hello_at(role))

    def hello_at(self, role: str) -> int:
        """Return the number of a side's hello: a deputy's follows its agent's."""
        return int(role == INSPECTOR and self.deputised)

    @property
    def now(self) -> int:
        """The platform's time, unix seconds."""
        return int(self.value["now"])

    @property
    def header(self) -> Header | None:
        """The header, once it is published; raises DrawError."""
        signed = self.value.get("signed")
        return None if signed is None else read_header(signed["header"])

    def signed_header(self) -> Header:
        """Return the header with both its signatures checked; raises DrawError."""
        return read_signed(self.value.get("signed"), "header")

    def reached(self, moment: str) -> bool:
        """Tell whether the section reached `closed`, `failed` or `result`."""
        return moment in self.value["moments"]

    @property
    def bidders(self) -> Sequence[str] | None:
        """The bidders' credit codes, once all of them are known after CLOSE."""
        found: Sequence[str] | None = self.value.get("bidders")
        return found

    def steps(self, kind: str) -> list[Mapping[str, Any]]:
        """Return the steps of a kind in order: {kind, k, role, at, document}."""
        return [step for step in self.value["steps"] if step["kind"] == kind]

    def step(self, kind: str, role: str = "", k: int = 0) -> Mapping[str, Any] | None:
        """Return one step's document, or None."""
        return next(
            (s["document"] for s in self.steps(kind) if s["role"] == role and s["k"] == k), None
        )

    def commits(self, header: Header) -> JSON:
        """Return commits.json as both sides make it of what stands on the platform."""
        told = [dict(self.step("commit", role) or {}) for role in header.roles]
        return {"commits": told, "open": str((self.step("open") or {}).get("open"))}

    def holders(self, role: str) -> list[Holder]:
        """Return who holds the pieces of a side's share; [] where it named nobody."""
        told = self.value.get("holders", {}).get(role, ())
        return [Holder(str(one["recipient"]), bytes.fromhex(one["sign"])) for one in told]

    @property
    def recovery(self) -> list[JSON]:
        """Return recovery.json as it stands on the platform; [] where nothing was opened."""
        told = sorted(self.steps("recovery"), key=lambda step: str(step["role"]).encode())
        return [dict(step["document"]) for step in told]

    def opened_share(self, role: str) -> bytes | None:
        """Return the share that the pieces on record give; None while, or if, they give none.

        Raises DrawError.
        """
        header, commit = self.signed_header(), self.step("commit", role) or {}
        escrow, opened = escrow_of(commit), unhex((self.step("open") or {}).get("open"), 32, "open")
        if escrow is None:
            return None
        told = [step["document"] for step in self.steps("escrow") if step["role"] == role]
        pieces = [read_piece(header, opened, role, escrow, one) for one in told]
        found = fitting(header.hh, role, unhex(commit["c"], 32, role), pieces)
        return None if found is None else found[0]

    def parcel(self, step: Step, role: str, k: int = 0) -> Mapping[str, Any] | None:
        """Return the document that a role posted, or None."""
        key = {"step": step.value, "role": role, "k": k}
        return next(
            (
                each["document"]
                for each in self.value["parcels"]
                if all(each[name] == value for name, value in key.items())
            ),
            None,
        )

    def parcels(self, step: Step) -> list[Mapping[str, Any]]:
        """Return every parcel of a step: {step, role, k, at, document}."""
        return [each for each in self.value["parcels"] if each["step"] == step.value]

    def seats(self, k: int | None = None) -> list[Mapping[str, Any]]:
        """Return the seats of people that were drawn, all or a round's: {mask, place, …}."""
        return [seat for seat in self.value["seats"] if k is None or seat["round"] == k]

    @property
    def seated(self) -> list[Mapping[str, Any]]:
        """The seats whose people sit."""
        return [seat for seat in self.seats() if seat["state"] in SITTING]

    @property
    def leaving(self) -> list[Mapping[str, Any]]:
        """Departures from seats that no further round was asked for yet: {mask, why, record}."""
        seated = {seat["mask"] for seat in self.seated}
        return [one for one in self.value.get("departures", ()) if one["mask"] in seated]

    @property
    def sitting(self) -> int:
        """How many sit, lots of a list included, which are told in number alone."""
        return int(self.value["sitting"])

    @property
    def open_seats(self) -> int:
        """How many seats nobody sits on."""
        return sum(int(number) for _, number in self.value["strata"]) - self.sitting

    def answer(self, mask: str) -> Mapping[str, Any] | None:
        """Return what the holder of a seat's token said, if anything."""
        return next((each for each in self.value["answers"] if each["mask"] == mask), None)

    @property
    def infeasible(self) -> bool:
        """Whether the last round found nobody."""
        rounds = self.steps("round")
        return bool(rounds) and rounds[-1]["document"]["outcome"] == Outcome.INFEASIBLE
