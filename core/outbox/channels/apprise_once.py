"""Hands one message to one chat tool and ends: run as a program of its own by ``chat.py``.

Apprise sets a limit to each wait, not to the whole, and keeps whole answers in memory. A server that drips
would hold up every message, and one that never ends would fill the memory: both end with this process.
Reads one JSON document (address, title, body) from its input and writes one to its output.
"""

import json
import logging
import resource
import sys
from contextlib import suppress
from typing import Any

MEMORY = 1024**3  # bytes of address space; Apprise itself needs a fifth


class _Ear(logging.Handler):
    """Keeps the words of a log."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.heard.append(record.getMessage())


def tool_for(address: str) -> Any:
    """Return Apprise's object for one address; it is false where nothing was understood."""
    import apprise  # noqa: PLC0415 # a tenth of a second that only those with a chat tool pay

    asset = apprise.AppriseAsset(
        async_mode=False, secure_logging=True, app_id="Huifang", app_desc="Huifang", app_url="",
        http_redirects=False,  # a message that is led elsewhere arrives there as a question without words
    )  # fmt: skip
    tool = apprise.Apprise(asset=asset)
    tool.add(address)
    return tool


def main() -> None:
    """Tell the chat tool, and say what became of it."""
    with suppress(ValueError, OSError):  # not every system knows this limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    given, ear, logger = json.load(sys.stdin), _Ear(), logging.getLogger("apprise")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(ear)
    logger.propagate = False
    tool = tool_for(given["address"])
    understood = bool(tool)
    told = understood and tool.notify(title=given["title"], body=given["body"], body_format="text")
    said = {"understood": understood, "told": bool(told), "heard": "\n".join(ear.heard)}
    sys.stdout.write(f"\n{json.dumps(said)}\n")  # a line of its own, whatever a tool printed before


if __name__ == "__main__":
    main()
