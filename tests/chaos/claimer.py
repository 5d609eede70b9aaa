"""A process full of agents who take one callback after the other: ``python -m tests.chaos.claimer``."""

import os
import sys
import threading
import traceback
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError

import app  # noqa: F401 # the models of all floors
from core.auth.models import User
from core.db import Database
from core.settings import load
from followup.callbacks import actions, holding, taking
from followup.callbacks.outcomes import Code
from followup.callbacks.taking import Agent


def main(prefix: str, at: str, journal: str) -> None:
    """Let everybody whose name begins with ``prefix`` call until there is nothing left for anybody."""
    database, now = Database(load()), datetime.fromisoformat(at)
    log = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with database.read() as session:
        named = select(User).where(User.name.startswith(prefix)).order_by(User.id)
        agents = [Agent(user.id, user.name) for user in session.scalars(named)]
    os.write(log, b"ready\n")
    threads = [threading.Thread(target=work, args=(database, agent, now, log)) for agent in agents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def work(database: Database, agent: Agent, now: datetime, log: int) -> None:
    """Take, call, end; what was acknowledged is written down at once."""
    while True:
        try:
            callback_id = _take(database, agent, now)
            if callback_id is None:  # what others hold, they finish, and look again
                return
            os.write(log, f"took {callback_id} {agent.name}\n".encode())
            with database.begin() as session:
                actions.record_outcome(
                    session, callback_id, agent, Code.REFUSED_HARD, note="不用回访", now=now
                )
            os.write(log, f"done {callback_id} {agent.name}\n".encode())
        except (OperationalError, NoConnectionError):  # a busy machine: the agent presses again
            continue
        except BaseException:
            os.write(log, f"wrong {traceback.format_exc()!r}\n".encode())
            raise


def _take(database: Database, agent: Agent, now: datetime) -> int | None:
    with database.begin() as session:
        callback = taking.pull_next(session, agent, now=now)
        if callback is None:
            return None
        holding.reveal(session, callback.id, agent, now=now)
        return callback.id


if __name__ == "__main__":
    main(*sys.argv[1:])
