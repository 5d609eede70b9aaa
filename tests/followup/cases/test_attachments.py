"""Files of a case: what is taken, who gets them, what stays when one is removed."""

import io
import re
import struct
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app import create_app
from core.audit import AuditEntry
from core.db import Database
from core.errors import InputError
from followup.cases import attachments, queries
from followup.cases.file_types import FileTypeError, kind_of, safe_name
from followup.cases.models import Attachment
from followup.cases.queries import Viewer
from followup.cases.timeline import timeline
from followup.models import Case
from tests.followup.factories import new_case, new_contact
from tests.pace import least_cpu
from tests.people import csrf_token, sign_in

SignIn = Callable[[str], FlaskClient]
ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)  # the same on both kinds
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
SECRET_NAME, SECRET_WORDS = "王小明家暖气片", "暗号是三个苹果"


def packed(*names: str) -> bytes:
    """A zip with these parts."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return kept.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.jpg", b"\xff\xd8\xff\xe0" + bytes(9), "jpg"),
        ("a.JPEG", b"\xff\xd8\xff\xe1" + bytes(9), "jpg"),
        ("a.png", PNG, "png"),
        ("a.webp", b"RIFF\x10\0\0\0WEBPVP8 ", "webp"),
        ("a.heic", b"\0\0\0\x18ftypheic\0\0\0\0", "heic"),
        ("a.pdf", b"%PDF-1.7\n", "pdf"),
        ("a.docx", packed("[Content_Types].xml", "word/document.xml"), "docx"),
        ("a.xlsx", packed("[Content_Types].xml", "xl/workbook.xml"), "xlsx"),
        ("a.txt", "暖气不热，第三次来电\n".encode(), "txt"),
        ("a.txt", "暖气不热".encode("gb18030"), "txt"),
        ("a.mp3", b"ID3\x04\0\0", "mp3"),
        ("a.mp3", b"\xff\xfb\x90\x64\0", "mp3"),
        ("a.wav", b"RIFF\x24\0\0\0WAVEfmt ", "wav"),
        ("a.amr", b"#!AMR\n\0", "amr"),
        ("a.m4a", b"\0\0\0\x18ftypM4A \0\0\0\0", "m4a"),
    ],
)
def test_a_file_is_what_its_content_says(name: str, content: bytes, kind: str) -> None:
    assert kind_of(content, name) == kind


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.html", b"<!doctype html><script>alert(1)</script>"),
        ("a.txt", b"  <SVG onload=alert(1)>"),
        ("a.txt", b"hello <script>alert(1)</script>"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("a.exe", b"MZ\x90\0\x03"),
        ("a.jpg", b"MZ\x90\0\x03"),
        ("a.pdf", PNG),
        ("a.png.exe", PNG),
        ("a", PNG),
        ("a.zip", packed("a.txt")),
        ("a.docx", packed("a.txt")),
        ("a.docx", packed("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")),
        ("a.xlsx", packed("[Content_Types].xml", "xl/workbook.xml", "xl/macrosheets/sheet1.xml")),
        ("a.docx", packed("[Content_Types].xml", "word/document.xml", "word/embeddings/Setup.JS")),
        ("a.docx", packed("[Content_Types].xml", "word/document.xml", "word/afchunk.htm")),
        ("a.txt", b"<img src=x onerror=alert(1)>"),
        ("a.txt", b"<hta:application id=a>"),
        ("a.docx", b"PK\x03\x04 broken"),
        ("a.txt", b"a\0b"),
        ("a.txt", b"   \n"),
        ("a.mp4", b"\0\0\0\x18ftypavc1\0\0\0\0"),
    ],
)
def test_anything_else_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(FileTypeError, match="not one of the kinds"):
        kind_of(content, name)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("报修 照片.JPG", "报修 照片.jpg"),
        ("../../etc/passwd.jpg", "passwd.jpg"),
        ("C:\\temp\\a.jpg", "a.jpg"),
        ("CON.jpg", "_CON.jpg"),
        ("con.tar.jpg", "_con.tar.jpg"),
        (".jpg", "file.jpg"),
        ("a\r\nSet-Cookie: x.jpg", "a_Set-Cookie_ x.jpg"),
        ('a"b<c>.jpg', "a_b_c_.jpg"),
        ("\u202egpj.exe.jpg", "gpj.exe.jpg"),
        ("长" * 300 + ".jpg", "长" * 100 + ".jpg"),
    ],
)
def test_a_name_means_nothing_to_a_file_system(name: str, safe: str) -> None:
    assert safe_name(name, "jpg") == safe


def one_case(database: Database, now: datetime, **given: object) -> str:
    with database.begin() as session:
        return new_case(session, new_contact(session, now=now).id, now=now, **given).number  # type: ignore[arg-type]


def upload(client: FlaskClient, number: str, *files: tuple[str, bytes]) -> object:
    token = csrf_token(client, f"/cases/{number}")
    sent = [FileStorage(io.BytesIO(content), name) for name, content in files]
    boundary, body = encode_multipart({"csrf_token": token, "file": sent})  # in memory: no file is left open
    return client.post(
        f"/cases/{number}/files", data=body, content_type=f"multipart/form-data; boundary={boundary}"
    )


def links(client: FlaskClient, number: str) -> list[str]:
    page = client.get(f"/cases/{number}").get_data(as_text=True)
    return re.findall(rf'href="(/cases/{number}/files/\w+)"', page)


def test_a_file_comes_back_as_a_download_and_lies_sealed(
    client_for: SignIn, database: Database, now: datetime
) -> None:
    number = one_case(database, now, department="东区供热站")
    client, words = client_for("olga"), SECRET_WORDS.encode()
    answer = upload(client, number, (f"{SECRET_NAME}.txt", words), ("b.png", PNG))
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert upload(client, number, ("again.txt", words)).status_code == 303  # a double press
    page = client.get(f"/cases/{number}").get_data(as_text=True)
    assert f"{SECRET_NAME}.txt" in page
    assert page.count("File added") == 2
    found = {path: client.get(path) for path in links(client, number)}
    [text] = [taken for taken in found.values() if taken.data == words]
    assert len(found) == 2
    assert text.headers["Content-Disposition"].startswith("attachment;")
    assert text.headers["X-Content-Type-Options"] == "nosniff"
    assert text.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert text.headers["Cache-Control"] == "no-store"
    assert text.mimetype == "text/plain"
    with database.read() as session:
        stored = b"".join(row.name_sealed + row.content_sealed for row in session.scalars(select(Attachment)))
        acts = list(session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("attachment.%"))))
        said = "".join(session.scalars(select(AuditEntry.detail)))
    assert SECRET_NAME.encode() not in stored
    assert words not in stored
    assert SECRET_NAME not in said
    assert acts == ["attachment.added"] * 2 + ["attachment.opened"] * 2


def test_a_file_is_removed_with_a_reason_only(client_for: SignIn, database: Database, now: datetime) -> None:
    number = one_case(database, now)
    client = client_for("sven")
    upload(client, number, ("a.png", PNG))
    [path] = links(client, number)
    token = csrf_token(client, f"/cases/{number}")
    silent = client.post(f"{path}/remove", data={"csrf_token": token, "reason": "  "})
    assert silent.status_code == 422
    assert "Say in a few words why the file is removed" in silent.get_data(as_text=True)
    done = client.post(f"{path}/remove", data={"csrf_token": token, "reason": "照错了，电话13812345678"})
    assert done.status_code == 303
    assert client.get(path).status_code == 404
    assert client.post(f"{path}/remove", data={"csrf_token": token, "reason": "x"}).status_code == 404
    page = client.get(f"/cases/{number}").get_data(as_text=True)
    assert "File removed" in page
    assert "照错了，电话" in page
    with database.read() as session:
        details = "".join(session.scalars(select(AuditEntry.detail)))
        assert session.scalar(select(func.count()).select_from(Attachment)) == 0
    assert "照错了" in details
    assert "13812345678" not in details


@ON_SQLITE
def test_who_may_not_see_the_case_gets_no_file(client_for: SignIn, database: Database, now: datetime) -> None:
    number = one_case(database, now, department="西区供热站")
    mine = one_case(database, now, department="东区供热站")
    upload(client_for("sven"), number, ("secret.png", PNG))
    [path] = links(client_for("sven"), number)
    olga = client_for("olga")
    assert olga.get(path).status_code == 404
    uid = path.rsplit("/", 1)[1]
    assert olga.get(f"/cases/{mine}/files/{uid}").status_code == 404  # by way of a case of her own
    token = csrf_token(olga, f"/cases/{mine}")
    stolen = olga.post(f"/cases/{mine}/files/{uid}/remove", data={"csrf_token": token, "reason": "x"})
    assert stolen.status_code == 404
    for name in ("aldo", "lena", "anna"):
        assert client_for(name).get(path).status_code == 403
    assert "secret.png" not in client_for("aldo").get(f"/cases/{number}").get_data(as_text=True)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Attachment)) == 1


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([("a.exe", b"MZ\0\0")], "not one of the kinds"),
        ([("a.png", PNG), ("b.html", b"<html>")], "not one of the kinds"),
        ([("a.png", b"")], "is empty"),
        ([("a.png", PNG + bytes(1024 * 1024))], "larger than 1 MB"),
        ([(f"{n}.png", PNG + bytes([n])) for n in range(3)], "at most 2 files"),
        ([], "Choose a file first"),
    ],
)
@ON_SQLITE
def test_a_refused_file_leaves_nothing(
    database: Database, now: datetime, people: object, files: list[tuple[str, bytes]], sentence: str
) -> None:
    tight = replace(database.settings, attachment_mb=1, attachments_per_case=2)
    small = Database(tight)
    client = sign_in(create_app(tight, small).test_client(), "sven")
    number = one_case(small, now)
    answer = upload(client, number, *files)
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    with small.read() as session:
        assert session.scalar(select(func.count()).select_from(Attachment)) == 0
    small.dispose()


def test_many_at_once_stay_within_the_limit(database: Database, now: datetime) -> None:
    tight = Database(replace(database.settings, attachments_per_case=3))
    number = one_case(tight, now)

    def press(n: int) -> bool:
        with tight.begin() as session:
            case = queries.case_for(session, number, Viewer(1, "admin"))
            try:
                attachments.add(session, case, [("a.png", PNG + bytes([n]))], actor="ada", now=now)
            except InputError:
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(press, range(8)))
    assert sum(done) == 3
    with tight.read() as session:
        case = session.scalars(select(Case)).one()
        assert len(attachments.files_of(session, case)) == 3
        assert sum(entry.kind == "file_added" for entry in timeline(session, case)) == 3
    tight.dispose()


def test_a_long_table_of_contents_is_not_read() -> None:
    entry = (
        struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", 20, 0, 20, 0, 0, 0, 0, 33, *[0] * 3, 1, *[0] * 6) + b"a"
    )
    entries, body = entry * 200_000, b"PK\x03\x04" + bytes(26)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(entries), len(body), 0)

    def refused() -> None:
        with pytest.raises(FileTypeError):
            kind_of(body + entries + end, "a.docx")

    assert least_cpu(refused) < 0.5
