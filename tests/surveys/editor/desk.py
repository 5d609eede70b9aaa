"""Somebody who works with the editor through a test client."""

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.people import csrf_token

TEXT = {"zh_Hans": "怎么样？", "en": "How was it?"}


class Desk:
    """One browser on one questionnaire; forms are sent with the revision of the page they stand on."""

    def __init__(self, client: FlaskClient, key: str = "visit") -> None:
        self.client, self.key = client, key
        self.base = f"/questionnaires/{key}"
        self.token = csrf_token(client, "/questionnaires/new")

    def get(self, path: str = "/edit") -> str:
        """Open a page; return it."""
        answer = self.client.get(self.base + path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.get_data(as_text=True)

    def revision(self) -> str:
        found = re.search(r'name="revision" value="(\d+)"', self.get("/edit/title"))
        assert found
        return found.group(1)

    def post(self, path: str, data: dict[str, Any] | None = None, *, status: int = 303) -> TestResponse:
        """Send a form; the revision is the present one unless the data name another."""
        values = {"csrf_token": self.token, **(data or {})}
        if "revision" not in values and path != "/edit":
            values["revision"] = self.revision()
        answer = self.client.post(self.base + path, data=values)
        assert answer.status_code == status, (path, answer.status_code, _plain(answer))
        return answer

    def begin(self, start: str = "empty", **title: str) -> "Desk":
        """Begin the questionnaire."""
        said = title or {"zh_Hans": "服务评价", "en": "Service rating"}
        data = {"csrf_token": self.token, "key": self.key, "start": start}
        data |= {f"title.{code}": text for code, text in said.items()}
        answer = self.client.post("/questionnaires/new", data=data)
        assert answer.status_code == 303, _plain(answer)
        return self

    def add(self, kind: str, status: int = 303, **more: str) -> TestResponse:
        """Add a question of a kind with a text in both languages."""
        return self.post(f"/edit/add/{kind}", question(kind, **more), status=status)

    def publish(self, **decisions: str) -> TestResponse:
        """Publish the draft."""
        return self.post("/publish", {f"decision.{key}": made for key, made in decisions.items()})


def question(kind: str, **more: str) -> dict[str, str]:
    """Return what a browser sends for a question."""
    data = {f"text.{code}": text for code, text in TEXT.items()} | {
        "kind": kind,
        "do": "save",
        "role": "none",
    }
    data |= {"key": "q1", "limit": "200", "scale": "sat5.1"}
    return data | {name.replace("__", "."): value for name, value in more.items()}


def options(*words: str, codes: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the lines of a choice; the first have codes."""
    data: dict[str, str] = {}
    for n, word in enumerate(words):
        data |= {
            f"o{n}.id": codes[n] if n < len(codes) else "",
            f"o{n}.zh_Hans": f"{word}项",
            f"o{n}.en": word,
        }
    return data


def _plain(answer: TestResponse) -> str:
    return re.sub(r"<[^>]+>|\s+", " ", answer.get_data(as_text=True))[-600:]
