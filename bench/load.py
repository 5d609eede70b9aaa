"""Driving a server: many journeys at once, each with its own connection and its own cookies."""

import http.client
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlencode


@dataclass(frozen=True)
class Figures:
    """What a run of journeys gave; times in milliseconds."""

    journeys: int
    acknowledged: int
    seconds: float
    times: Sequence[float]

    def as_dict(self) -> dict[str, float | int]:
        cuts = statistics.quantiles(self.times, n=100)
        return {
            "journeys": self.journeys,
            "acknowledged": self.acknowledged,
            "journeys_per_s": round(self.journeys / self.seconds, 1),
            "p50_ms": round(cuts[49], 2),
            "p95_ms": round(cuts[94], 2),
            "p99_ms": round(cuts[98], 2),
        }


class Browser:
    """One customer: one connection, one cookie jar."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: dict[str, str] = {}
        self.path = self.location = ""  # of the last request, and where its answer leads

    def request(self, method: str, path: str, form: dict[str, Any] | None = None) -> tuple[int, str]:
        headers = {"Accept-Language": "zh-CN", "Accept-Encoding": "identity"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        body = None
        if form is not None:
            body = urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
        self.path, self.location = path, answer.headers.get("Location") or ""
        return answer.status, answer.read().decode()

    def close(self) -> None:
        self.connection.close()


def drive(jobs: Sequence[Any], journey: Callable[[Any], bool], concurrency: int) -> Figures:
    """Take every job once with ``concurrency`` threads; ``journey`` tells whether it was acknowledged."""
    queue: SimpleQueue[Any] = SimpleQueue()
    for job in jobs:
        queue.put(job)
    times: list[float] = []
    results: list[bool] = []
    failures: list[BaseException] = []

    def work() -> None:
        while True:
            try:
                job = queue.get_nowait()
            except Empty:
                return
            start = time.perf_counter()
            try:
                results.append(journey(job))
            except (OSError, http.client.HTTPException) as error:
                failures.append(error)
                results.append(False)
            times.append((time.perf_counter() - start) * 1000)

    threads = [threading.Thread(target=work) for _ in range(concurrency)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        print(f"{len(failures)} requests failed, the first with {failures[0]!r}")
    return Figures(len(jobs), sum(results), time.perf_counter() - start, times)
