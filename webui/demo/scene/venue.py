"""Scene 3, time and venue 时间场地安排: rooms, and a clash that the database itself refuses."""

from __future__ import annotations

from datetime import timedelta

from bidding.terms import deadline
from trading.venue.booking import book, release
from trading.venue.room import Purpose, add_room
from webui.demo.play import Play

TITLE = "三、时间场地安排 / Time and venue"


def play(it: Play) -> None:
    """Book the opening and the evaluation room; a second booking of the same hour is refused."""
    stage, cast = it.stage, it.cast
    stage.narrator.scene(TITLE)
    opening = stage.do(
        add_room, cast.clerk, None, name="开标一室", purpose=Purpose.OPENING, seats=40
    )
    stage.do(add_room, cast.clerk, None, name="开标二室", purpose=Purpose.OPENING, seats=60)
    judging = stage.do(
        add_room, cast.clerk, None, name="评标一室", purpose=Purpose.EVALUATION, seats=9
    )
    with stage.platform.read() as session:
        start = deadline(session, it.project)
    it.rooms = {"opening": opening, "evaluation": judging}
    hours = timedelta(hours=2)
    _book(it)
    stage.say("预订开标一室 / the opening room is booked")
    refusal = stage.refused(
        book, cast.owner, it.project, room=opening, start=start + hours / 2, end=start + 2 * hours
    )
    offered = refusal.message.split(" / ", maxsplit=1)[0]
    stage.say(f"重叠预订被数据库拒绝；{offered} / an overlap is refused, free slots offered")
    stage.say("预订评标一室（地点保密） / the evaluation room is booked, its place secret")


def rebook(it: Play) -> None:
    """Move both rooms to the new deadline."""
    it.stage.narrator.scene(TITLE)
    for booking in it.bookings.values():
        it.stage.do(release, it.cast.owner, it.project, booking=booking)
    _book(it)
    it.stage.say("开标室、评标室改订 / both rooms are booked anew")


def _book(it: Play) -> None:
    """Book the opening from the deadline on, and the evaluation four hours later."""
    with it.stage.platform.read() as session:
        start = deadline(session, it.project)
    for purpose, after, hours in (("opening", 0, 2), ("evaluation", 4, 3)):
        begin = start + timedelta(hours=after)
        it.bookings[purpose] = it.stage.do(
            book,
            it.cast.owner,
            it.project,
            room=it.rooms[purpose],
            start=begin,
            end=begin + timedelta(hours=hours),
        )
