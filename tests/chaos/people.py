"""Who works and answers while processes are killed, and what was acknowledged to them."""

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests import people as staff
from tests.chaos.browser import Browser, Form, Page, UnknownError
from tests.chaos.house import PATIENCE, House
from tests.chaos.sink import Mail, Sink

GOOD = {"attitude": "5", "speed": "4", "quality": "4", "result": "na", "resolved": "2"}
CASE_NUMBER = re.compile(r"/cases/(\d{8}-\d+)")


@dataclass
class Ledger:
    """What was acknowledged. ``unsure`` stands for what was asked for and never heard about again."""

    cases: Form = field(default_factory=dict)  # subject -> number
    closings: Counter[str] = field(default_factory=Counter)  # by case
    answers: dict[str, list[str]] = field(default_factory=dict)  # token -> acknowledged comments
    unsure: dict[str, list[str]] = field(default_factory=dict)
    calls: dict[int, list[str]] = field(default_factory=dict)  # callback -> outcomes
    unsure_calls: Counter[int] = field(default_factory=Counter)
    spoken: Form = field(default_factory=dict)  # comment given on the phone -> callback
    decided: Form = field(default_factory=dict)  # reopen request -> accept | decline
    unknown: int = 0  # requests without an answer
    refused: int = 0  # links that were taken back before they were opened


@dataclass
class World:
    """What all people share."""

    house: House
    sink: Sink
    seed: int
    ledger: Ledger = field(default_factory=Ledger)
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    opened: int = 0  # mails that somebody has taken to read

    def next_mail(self) -> Mail | None:
        with self.lock:
            if self.opened >= len(self.sink.mails):
                return None
            self.opened += 1
            return self.sink.mails[self.opened - 1]


@dataclass
class Person:
    """One person with a browser; ``heard`` tells whether the last press was answered at once."""

    world: World
    name: str
    dice: random.Random
    heard: bool = True

    def __post_init__(self) -> None:
        self.browser = Browser(self.world.house.port)

    def insist(self, ask: Callable[[], Page]) -> Page:
        """Press again until somebody answers, as people do."""
        self.heard, end = True, time.monotonic() + PATIENCE
        while True:
            try:
                return ask()
            except UnknownError as error:
                if time.monotonic() > end:
                    raise AssertionError(f"{self.name} still hears {error}") from error
                self.heard = False
                with self.world.lock:
                    self.world.ledger.unknown += 1
                time.sleep(0.2)

    def open(self, path: str) -> Page:
        return self.insist(lambda: self.browser.get(path))

    def press(self, path: str, form: Form) -> Page:
        return self.insist(lambda: self.browser.post(path, form))

    def sign_in(self) -> None:
        self.insist(lambda: Page(200, "", str(self.browser.sign_in(self.name, staff.PASSWORD))))

    def rest(self, longest: float = 1.2) -> None:
        self.world.over.wait(self.dice.uniform(0.05, longest))

    def work(self) -> None:
        """Do one thing after the other until the day is over."""
        while not self.world.over.is_set():
            self.once()
            self.rest()

    def once(self) -> None:
        raise NotImplementedError


class Officer(Person):
    """Registers cases, closes them, and has some of them opened again."""

    count = 0

    def once(self) -> None:
        self.count += 1
        subject = f"S{self.world.seed}-{self.name}-{self.dice.getrandbits(40)}-{self.count}"
        by_phone = self.dice.random() < 0.4
        form = self.open("/cases/new").hidden | {
            "kind": "complaint" if by_phone else "repair", "title": subject, "severity": "normal",
            "channel": "phone", "department": "东区供热站", "handler": "", "handler_name": "张师傅",
            "name": "王小明", "language": "zh_Hans",
        }  # fmt: skip
        form |= {"phone": f"138{self.dice.randrange(10**8):08d}"} if by_phone else {}
        form |= {} if by_phone else {"email": f"{subject.lower()}@example.org"}
        page = self.press("/cases/new", form)
        found = CASE_NUMBER.search(page.place)
        assert page.status == 303, f"{page.status}: {page.text[-6000:]}"
        assert found, page.place
        number = found.group(1)
        self.world.ledger.cases[subject] = number
        self.close(number)
        if self.name == "sven" and self.dice.random() < 0.4:  # only a supervisor may
            self.rest(2.0)
            if self.step(number, "reopen", {"reopen-reason": "came back"}):
                self.close(number)

    def close(self, number: str) -> None:
        if self.step(number, "close", {"close-result": "done", "close-close_reason": "solved"}):
            with self.world.lock:
                self.world.ledger.closings[number] += 1

    def step(self, number: str, name: str, form: Form) -> bool:
        """Take a step; True when it was acknowledged, or done before the acknowledgement was lost."""
        page = self.press(f"/cases/{number}/{name}", self.open(f"/cases/{number}").hidden | form)
        assert page.status in {303, 409, 422}, f"{name}: {page.status}"
        return page.status == 303 or not self.heard


class Supervisor(Officer):
    """Decides about reopen requests, and has the work done again."""

    def once(self) -> None:
        self.rest(1.0)
        for number in sorted(set(CASE_NUMBER.findall(self.open("/cases?state=reopen_requested").text))):
            page = self.open(f"/cases/{number}")
            found = re.search(rf"/cases/{number}/requests/(\d+)", page.text)
            if found is None:
                continue
            word = self.dice.choice(["accept", "decline"])
            form = page.hidden | {"decide-answer": word, "decide-decision": "looked into it"}
            answered = self.press(found.group(0), form)
            if answered.status == 303 or not self.heard:
                self.world.ledger.decided[found.group(1)] = word
                if word == "accept":
                    self.close(number)


class Customer(Person):
    """Reads the mail that arrived and answers; some do not, some change their mind."""

    def once(self) -> None:
        mail = self.world.next_mail()
        if mail is None or self.dice.random() < 0.15:
            return
        if self.answer(mail.token, "") and self.dice.random() < 0.2:
            self.answer(mail.token, "?amend=1")

    def answer(self, token: str, how: str) -> bool:
        page = self.open(f"/s/{token}{how}")
        if "csrf_token" not in page.hidden:
            self.world.ledger.refused += 1
            return False
        words = f"W{self.dice.getrandbits(60)}"
        score = self.dice.choice("1234555")
        page = self.press(f"/s/{token}", page.hidden | GOOD | {"overall": score, "comment": words})
        ledger = self.world.ledger
        if page.status == 303:
            ledger.answers.setdefault(token, []).append(words)
            ledger.unsure.pop(token, None)
            return True
        if not self.heard:
            ledger.unsure.setdefault(token, []).append(words)
        else:
            ledger.refused += 1
        return False


class Caller(Person):
    """Calls from the queue, one after the other."""

    def once(self) -> None:
        page = self.press("/callbacks/next", self.open("/callbacks").hidden)
        found = re.fullmatch(r"/callbacks/(\d+)", page.place)
        if page.status != 303 or not found:
            return
        place, number = page.place, int(found.group(1))
        if self.press(f"{place}/reveal", self.open(place).hidden).status != 303:
            return
        self.finish(place, number)

    def finish(self, place: str, number: int) -> None:
        shown = self.open(place)
        if "version" not in shown.hidden:
            return
        outcome, words = "NO_ANSWER", ""
        form = shown.hidden | {"then": "queue"}
        if self.dice.random() < 0.7:
            outcome, words = "COMPLETE", f"P{self.dice.getrandbits(60)}"
            form |= GOOD | {"overall": self.dice.choice("12455"), "comment": words, "poor_reason": "unsaid"}
        page = self.press(place, form | {"outcome": outcome})
        assert page.status in {303, 409}, f"{page.status}: {page.text[-6000:]}"
        ledger = self.world.ledger
        if page.status == 303:
            ledger.calls.setdefault(number, []).append(outcome)
            if words:
                ledger.spoken[words] = str(number)
        elif not self.heard:
            ledger.unsure_calls[number] += 1
