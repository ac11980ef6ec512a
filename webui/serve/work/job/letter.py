"""Job `letters`: every letter of an award on paper, signed, kept, and filed all at once.

Only where the seal is a stand-in: in a real centre the tenderee signs, with a key of its own.
"""

from __future__ import annotations

from uuid import UUID

from monitor.role import SYSTEM
from monitor.work.due import Job
from trading.award.award import file
from trading.award.letter import Kind, Letter, Paper, letters_of
from trading.paper.keeping import File, keep_file, paper_named
from trading.paper.letter import (
    AwardLetter,
    ResultLetter,
    Trade,
    award_letter,
    result_letter,
)
from trading.paper.sheet import Proof
from trading.paper.signature import sign_pdf
from webui.serve.work.job.bench import Bench
from webui.serve.work.job.name import trade


def make(bench: Bench, job: Job) -> None:
    """Make and keep what is missing, then file the digests; raises what award.file does."""
    project, section = trade(job), UUID(job.key)
    with bench.platform.read() as session:
        letters = letters_of(session, project, section)
    if all(letter.file_digest is not None for letter in letters):
        return
    named = {
        letter: f"{section.hex[:8]}-{number:03d}.pdf" for number, letter in enumerate(letters, 1)
    }
    papers = {letter.id: _paper(bench, project, letter, name) for letter, name in named.items()}
    bench.platform.perform(file, SYSTEM, project, section=section, papers=papers)


def _paper(bench: Bench, project: UUID, letter: Letter, name: str) -> Paper:
    """Return the letter's paper, kept once: a signature made anew would be another file."""
    with bench.platform.read() as session:
        kept = paper_named(session, project, "letter", name)
    if kept is not None:
        return Paper(name, kept.digest)
    now = bench.platform.clock.now()
    signer = bench.authority(now).issue(str(letter.data["tenderee"]), now)
    number = int(name.rpartition("-")[2].removesuffix(".pdf"))
    record = UUID(str(letter.data["record"]))
    plain = printed(letter, number, record, f"{bench.url}/verify", bench.mark)
    made = File("letter", name, f"{letter.name} 通知书 / letter", sign_pdf(plain, signer, now))
    keep_file(bench.platform, bench.store, SYSTEM, project, made)
    return Paper(name, made.digest)


def printed(letter: Letter, number: int, record: UUID, link: str, mark: str) -> bytes:
    """Return a letter as PDF, not yet signed, from the data that the award fixed."""
    data = letter.data
    about = Trade(
        data["category"], data["project"], data["code"], data["section"], data["tenderee"],
        data["agency"],
    )  # fmt: skip
    proof = Proof(f"{link}?record={record}", letter.digest.hex())
    code = f"{data['code']}-{number:02d}"
    if letter.kind == Kind.AWARD:
        return award_letter(
            AwardLetter(
                trade=about,
                number=code,
                issued=letter.issued_at,
                proof=proof,
                winner=data["winner"],
                winner_code=data["winner_uscc"],
                price_fen=int(data["price_fen"]),
                mark=mark,
                terms=(
                    ("质量 / quality", data["terms"].get("quality", "")),
                    ("工期 / period", data["terms"].get("period", "")),
                ),
            )
        )
    return result_letter(
        ResultLetter(
            trade=about,
            number=code,
            issued=letter.issued_at,
            proof=proof,
            to=data["to"],
            winner=data["winner"],
            price_fen=int(data["price_fen"]),
            score=data["score"],
            rank=data["rank"],
            reason=data["reason"],
            mark=mark,
        )
    )
