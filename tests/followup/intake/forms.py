"""Opening and sending the public forms as a customer's browser does."""

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

MATTER = {
    "kind": "repair",
    "words": "暖气不热，孩子发烧了。已经三天。",
    "district": "东城",
    "address": "和平里7号楼2单元301",
    "household": "HF-0042",
    "name": "王小明",
    "phone": "138 1234 5678",
    "email": "wang@example.org",
}


def hidden(client: FlaskClient, path: str) -> dict[str, str]:
    """Open a form and return what it carries."""
    page = client.get(path).get_data(as_text=True)
    return carried(page)


def carried(page: str) -> dict[str, str]:
    """Return the hidden fields of a page."""
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))


def send(client: FlaskClient, sent: dict[str, str], **changes: Any) -> TestResponse:
    """Send the form for a new matter."""
    return client.post("/feedback/send", data=sent | MATTER | changes)
