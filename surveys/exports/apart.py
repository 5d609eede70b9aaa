"""Large exports in a process of their own, so that pages stay quick and web workers small.

A hundred thousand rows keep a processor busy for seconds, and the SPSS library brings 60 MB that would stay.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime
from pathlib import Path

from core.db import Database
from core.errors import HuifangError
from core.settings import Settings
from surveys.exports import actions
from surveys.exports.actions import Exported, Wanted

LARGE = 5_000  # responses; fewer are written sooner than a process starts


class StoppedError(HuifangError):
    """The export was stopped before it was finished; choose fewer days or another format."""


def export(
    database: Database, wanted: Wanted, path: Path, *, responses: int, now: datetime, actor: str
) -> Exported:
    """Write a file here when that is quick, and in a process of its own when it is not."""
    if wanted.format != "sav" and responses <= LARGE:
        return actions.export(database, wanted, path, now=now, actor=actor)
    spawn = multiprocessing.get_context("spawn")  # a fork would take open connections and locks with it
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        try:
            return pool.submit(_export, database.settings, wanted, path, now, actor).result()
        except BrokenProcessPool:
            raise StoppedError from None


def _export(settings: Settings, wanted: Wanted, path: Path, now: datetime, actor: str) -> Exported:
    database = Database(settings)
    try:
        return actions.export(database, wanted, path, now=now, actor=actor)
    finally:
        database.dispose()
