"""A browser that survives the server: it tells what was acknowledged from what nobody knows."""

import http.client
import re
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

HIDDEN = re.compile(r'<input[^>]*?\bname="([^"]+)"[^>]*?\bvalue="([^"]*)"')
Form = dict[str, str]


class UnknownError(Exception):
    """No answer came: the server may have done it or not."""


@dataclass(frozen=True)
class Page:
    """What the server answered."""

    status: int
    place: str  # where it sends us
    text: str

    @property
    def hidden(self) -> Form:
        """Return the fields that a person does not type."""
        found = re.findall(r"<input[^>]*>", self.text)
        fields = [HIDDEN.match(tag) for tag in found if 'type="hidden"' in tag]
        return {each.group(1): each.group(2) for each in fields if each}


@dataclass
class Browser:
    """One person's browser: cookies, and a new connection for each request."""

    port: int
    cookies: Form = field(default_factory=dict)

    def get(self, path: str) -> Page:
        return self._ask("GET", path, None)

    def post(self, path: str, form: Form) -> Page:
        return self._ask("POST", path, form)

    def sign_in(self, name: str, password: str) -> "Browser":
        form = self.get("/login").hidden | {"name": name, "password": password}
        page = self.post("/login", form)
        assert page.status == 303, page.text
        return self

    def _ask(self, method: str, path: str, form: Form | None) -> Page:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Accept-Language": "en", "Accept-Encoding": "identity"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, urlencode(form) if form is not None else None, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            raise UnknownError(repr(error)) from error
        finally:
            connection.close()
        if answer.status >= 500:
            raise UnknownError(f"{answer.status} to {method} {path}")
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
        place = urlsplit(answer.headers.get("Location", ""))
        return Page(answer.status, place.path, text)
