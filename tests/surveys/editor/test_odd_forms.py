"""What a browser may send instead of what was meant: never a broken page, on either database."""

from tests.surveys.editor.desk import Desk, options, question

HOSTILE = '"><script>alert(1)</script>'
ODD = ["", "x\0y", "9" * 30, "-1", "１２", HOSTILE, "{}", "%s", "\u202e" + "😀" * 50, "x" * 3000, "nan"]
NAMES = [
    "kind", "scale", "key", "role", "only", "section", "limit", "minimum", "maximum", "soft", "other",
    "do", "revision", "after", "at", "before", "join", "add", "drop", "anonymous", "decision.q1",
    "start", "o-lines", "r-lines", "o0.id", "o0.en", "o0.other", "r0.id", "r0.en", "c0.item", "c0.is",
    "c0.value", "title.en", "below.en", "stem.en", "text.en", "hint.en", "title:en", "item/q1/text:en",
    "option/q2/1:en",
]  # fmt: skip
FORMS = [
    "/edit/items/q1", "/edit/items/q2", "/edit/items/q3", "/edit/add/matrix", "/edit/add/date",
    "/edit/title", "/edit/add-heading", "/edit/translations", "/edit/languages", "/edit/rules/q2",
    "/edit/items/q1/act", "/edit/items/q1/frame", "/edit/items/q2/frame", "/edit/matrices/m1",
    "/edit/matrices/m1/act", "/edit/headings/s1/act", "/edit/undo", "/edit/from/9", "/publish",
    "/edit/discard",
]  # fmt: skip


def test_no_odd_input_breaks_a_page(desk: Desk) -> None:
    desk.add("scale")
    desk.post("/edit/add/single", question("single", key="q2") | options("red", "green"))
    desk.add("number", key="q3")
    good = (
        question("number") | options("a", "b") | {"c0.item": "q1", "c0.is": "<=", "r0.id": "", "r0.en": "Row"}
    )
    for odd in ODD:
        for path in FORMS:
            for sent in (dict.fromkeys(NAMES, odd), good | {"minimum": odd, "limit": odd, "revision": "4"}):
                data = {"csrf_token": desk.token, **sent}
                assert desk.client.post(desk.base + path, data=data).status_code < 500, (path, sent)
        page = desk.client.get(desk.base + "/edit", follow_redirects=True)
        assert page.status_code in {200, 404}
        assert HOSTILE not in page.get_data(as_text=True)


ADDRESSES = [
    "/edit/items/%00", "/edit/rules/%00", "/edit/matrices/%00", "/edit/headings/%00", "/edit/add/%00",
    "/edit?in=%00", "/versions/99999999999999999999999/1", "/versions?a=%00&b=x", "/edit/frame?lang=%00",
    "/edit/add?after=%00",
]  # fmt: skip


def test_no_odd_address_breaks_a_page(desk: Desk) -> None:
    for path in ADDRESSES:
        assert desk.client.get(desk.base + path).status_code < 500, path
