"""The yardstick: the smallest Flask and SQLAlchemy ORM application that stores the same answers.

It has one empty page and one address that inserts a response and its answers, and nothing else: no
look-up of a link, no check, no template, no tally. Run as ``python -m bench.minimal DATABASE_URL PORT``.
"""

import sys
from datetime import UTC, datetime

from flask import Flask, request
from sqlalchemy import ForeignKey, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from waitress import serve


class Base(DeclarativeBase):
    pass


class Response(Base):
    __tablename__ = "minimal_responses"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str]
    submitted_at: Mapped[datetime]
    answers: Mapped[list["Answer"]] = relationship()


class Answer(Base):
    __tablename__ = "minimal_answers"

    response_id: Mapped[int] = mapped_column(ForeignKey(Response.id), primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int | None]
    words: Mapped[str | None]


def make_app(url: str) -> Flask:
    app = Flask("minimal")
    engine = _engine(url)
    Base.metadata.create_all(engine)

    @app.get("/empty")
    def empty() -> str:
        return ""

    @app.post("/<token>")
    def submit(token: str) -> str:
        with Session(engine) as session:
            response = Response(token=token, submitted_at=datetime.now(UTC).replace(tzinfo=None))
            for item, text in request.form.items():
                is_score = text.isdigit()
                response.answers.append(
                    Answer(item=item, value=int(text) if is_score else None, words=None if is_score else text)
                )
            session.add(response)
            session.commit()
        return "thanks"

    return app


def _engine(url: str):
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=8, max_overflow=16)
    from pysqlite3 import dbapi2

    engine = create_engine(url, module=dbapi2, connect_args={"timeout": 30}, pool_size=8, max_overflow=16)

    @event.listens_for(engine, "connect")
    def prepare(connection, _record) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def begin(connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


if __name__ == "__main__":
    serve(make_app(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), threads=8)
