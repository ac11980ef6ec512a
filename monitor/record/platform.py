"""`Platform.perform`: the one place where anything happens.

One READ COMMITTED transaction: (1) the project's lock, shared for secret acts, exclusive else;
(2) the clock, once; (3) inside a savepoint the role and the action; (4) a refusal undoes only the
savepoint; (5) exactly one record; (6) commit; (7) the result, or the refusal again. A fault rolls
everything back and is alarmed: nothing happened, nothing is recorded. A request that may come twice
looks for the answer kept of it before (1), and keeps its own after (5).
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, NoReturn, ParamSpec, TypeVar, cast
from uuid import UUID

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from monitor.clock import Clock, settle
from monitor.log.canonical import canonical
from monitor.record.act import Act
from monitor.record.action import Action, Visibility
from monitor.record.body import Place, compose, encode
from monitor.record.identity import moment_of, new_id
from monitor.record.once import Once
from monitor.record.standing import holds_role, stands_in
from monitor.record.suspension import require_moving
from monitor.record.trail import Step, leave
from monitor.refusal import NotAllowed, Refusal
from monitor.role import NOBODY, Actor
from monitor.runtime.engine import engine_to

P = ParamSpec("P")
R = TypeVar("R")

alarm_log = logging.getLogger("batong.alarm")
POOL = 16  # connections kept for the threads of one process, and as many again lent for a moment

# The statements of every act go past the statement compiler.
ENTER = "SELECT next_seq, prev, last_id FROM batong_enter(%s, %s)"
NAME = "SELECT set_config('batong.record', %s, true)"
APPEND = "SELECT batong_append(%s, %s, %s, %s, %s::jsonb)"

SETTINGS = " ".join(
    f"-c {setting}"
    for setting in (
        "search_path=public",
        "default_transaction_isolation=read\\ committed",
        "default_transaction_read_only=off",
        "row_security=on",
        "statement_timeout=0",
    )
)
"""Said by each connection itself: a login may change its own defaults, and a thief would."""


def _alarm(fault: BaseException) -> None:
    alarm_log.error("fault: %s", type(fault).__name__, exc_info=fault)


def _nobody() -> None:
    """Tell nobody."""


class Platform:
    """The platform as its own code sees it: a database of the app's rights and a clock.

    `published` is called after each commit of an act that is public at once, never of a secret one.
    """

    def __init__(
        self,
        app_url: str,
        clock: Clock,
        alarm: Callable[[BaseException], None] = _alarm,
        published: Callable[[], None] = _nobody,
    ) -> None:
        """Open the engine; nothing is connected yet."""
        self.engine: Engine = engine_to(
            app_url, pool_size=POOL, max_overflow=POOL, connect_args={"options": SETTINGS}
        )
        self.clock = clock
        self._alarm = alarm
        self._published = published

    def perform(
        self,
        action: Action[P, R],
        actor: Actor,
        project: UUID | None,
        /,
        *args: P.args,
        **inputs: P.kwargs,
    ) -> R:
        """Do one action as one transaction with one record; return its result.

        Raises the action's Refusal (recorded), or any fault (rolled back, alarmed).
        """
        return cast(
            "R", self._commit(_Performance(self.clock, action, actor, project), args, inputs)
        )

    def perform_once(
        self,
        once: Once,
        action: Action[P, R],
        actor: Actor,
        project: UUID | None,
        /,
        *args: P.args,
        **inputs: P.kwargs,
    ) -> bytes:
        """Do one action unless this very request was done before; return the answer kept of it.

        Raises what `perform` raises, and Conflict when the key was used for another request.
        """
        performance = _Performance(self.clock, action, actor, project, once)
        return cast("bytes", self._commit(performance, args, inputs))

    def refuse(
        self, action: Action[Any, Any], actor: Actor, project: UUID | None, refusal: Refusal
    ) -> NoReturn:
        """Record that an action was asked for in a form that cannot be done; raises the refusal.

        Its role is still judged first: what is told to one who may not do it is that.
        """

        def say_no(_: Act) -> NoReturn:
            raise refusal

        self.perform(replace(action, run=say_no), actor, project)
        raise refusal

    def _commit(
        self, performance: _Performance, args: tuple[Any, ...], inputs: dict[str, Any]
    ) -> object:
        try:
            with self.engine.connect() as connection, connection.begin():
                outcome = performance.run(connection, args, inputs)
        except Exception as fault:
            if not isinstance(fault, Refusal):
                self._alarm(fault)
            raise
        if performance.recorded:
            refused = isinstance(outcome, Refusal)
            leave(Step(performance.record_id, performance.action.name, refused))
        if performance.action.visibility is not Visibility.SECRET:
            self._published()
        if isinstance(outcome, Refusal):
            raise outcome
        return outcome

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Lend a read-only session; it sees one moment and can write nothing."""
        with (
            self.engine.connect().execution_options(
                postgresql_readonly=True, isolation_level="REPEATABLE READ"
            ) as connection,
            Session(bind=connection) as session,
        ):
            yield session

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


class _Performance:
    """One act being performed: the state that its steps share."""

    connection: Connection
    place: Place
    now: datetime
    record_id: UUID

    def __init__(
        self,
        clock: Clock,
        action: Action[Any, Any],
        actor: Actor,
        project: UUID | None,
        once: Once | None = None,
    ) -> None:
        self.clock = clock
        self.action = action
        self.actor = actor
        self.project = project
        self.chain = project or NOBODY
        self.once = once
        self.recorded = False

    def _enter(self) -> tuple[Place, UUID | None]:
        exclusive = self.action.visibility is not Visibility.SECRET
        row = self.connection.exec_driver_sql(ENTER, (self.chain, exclusive)).one()
        return Place(row.next_seq, row.prev), row.last_id

    def _moment(self, last: UUID | None) -> tuple[datetime, UUID]:
        if last is None:
            now = self.clock.now()
            return now, new_id(now)
        now = settle(self.clock, moment_of(last))
        # Two secret acts of one moment may stand beside each other: neither may take the other's.
        return now, max(new_id(now), UUID(int=last.int + 1 + secrets.randbits(40)))

    def run(self, connection: Connection, args: tuple[Any, ...], inputs: dict[str, Any]) -> Any:
        """Look for a kept answer, else take the lock, do the act, append its record.

        Returns result, kept answer or refusal.
        """
        self.connection = connection
        kept = self.once.answered(connection) if self.once else None
        if kept is not None:
            return kept
        self.place, last = self._enter()
        self.now, self.record_id = self._moment(last)
        connection.exec_driver_sql(NAME, (str(self.record_id),))
        result = self._outcome(args, inputs)
        if self.once is None or isinstance(result, Refusal):
            return result
        return self.once.answer(connection, self.record_id, result)

    def _outcome(self, args: tuple[Any, ...], inputs: dict[str, Any]) -> Any:
        """Run the action inside a savepoint and append the record; return result or refusal."""
        act = self._act()
        try:
            with act.session.begin():
                result = self._attempt(act, args, inputs)
        except Refusal as refusal:
            result = refusal
        except IntegrityError as violation:
            result = self._answer(act, violation)
        act.session.close()
        self._append(act, result)
        if isinstance(result, Refusal):
            result.record = self.record_id
        return result

    def _act(self) -> Act:
        session = Session(
            bind=self.connection,
            join_transaction_mode="create_savepoint",
            expire_on_commit=False,
        )
        return Act(session, self.now, self.actor, self.project, self.record_id)

    def _attempt(self, act: Act, args: tuple[Any, ...], inputs: dict[str, Any]) -> Any:
        act.require(
            self.actor.role in self.action.by and holds_role(act.session, self.actor, self.now),
            NotAllowed(
                f"此角色不得办理 {self.action.name} / this role may not do {self.action.name}",
                rule="monitor/role.py",
            ),
        )
        if self.action.standing:
            act.require(
                stands_in(act.session, self.actor, self.chain),
                NotAllowed(
                    "贵单位不是本项目当事人 / your organisation has no standing in this project",
                    rule="monitor/record/standing.py",
                ),
            )
        if self.project is not None:
            require_moving(act.session, self.project, self.action.name)
        result = self.action.run(act, *args, **inputs)
        act.session.flush()
        if self.action.visibility is Visibility.CLOSING:
            act.gather(self.chain)
        return result

    def _answer(self, act: Act, violation: IntegrityError) -> Refusal:
        constraint = getattr(getattr(violation.orig, "diag", None), "constraint_name", None)
        if constraint not in act.instead:
            raise violation
        return act.instead[constraint](act.session)

    def _append(self, act: Act, result: Any) -> None:
        refusal = result if isinstance(result, Refusal) else None
        body = encode(compose(act, self.action, self.place, refusal))
        private = {} if refusal else act.private
        kept = canonical(private).decode() if private else None
        told = (self.record_id, self.chain, secrets.token_bytes(32), body, kept)
        self.connection.exec_driver_sql(APPEND, told)
        self.recorded = True
