"""Results that are dear to make, kept in the memory of a process under what decides them."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

Found = TypeVar("Found")


class Kept:
    """The last few results by key; two who ask at once may both work, the result is the same."""

    def __init__(self, most: int) -> None:
        self._found: OrderedDict[str, object] = OrderedDict()
        self._lock = Lock()
        self._most = most

    def look(self, key: str) -> Any:
        """Return what is kept under the key, or None."""
        with self._lock:
            return self._found.get(key)

    def get(self, key: str, make: Callable[[], Found]) -> Found:
        """Return what is kept under the key, or make it."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]  # type: ignore[return-value] # each key has one kind of result
        made = make()
        self.put(key, made)
        return made

    def put(self, key: str, made: object) -> None:
        """Keep a result, and let the one go that was longest not asked for."""
        with self._lock:
            self._found[key] = made
            self._found.move_to_end(key)
            while len(self._found) > self._most:
                self._found.popitem(last=False)
