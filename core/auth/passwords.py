"""Hashing passwords, judging new ones, making one-time secrets."""

import secrets
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.crypto import TOKEN_ALPHABET
from core.i18n import _

SHORTEST, LONGEST = 12, 128
MEMORY_KIB, PASSES, LANES = 19_456, 2, 1  # OWASP's floor for argon2id
# What people choose when twelve characters are asked of them, and the words of this product.
BLOCKED = (
    "password", "passw0rd", "123456", "qwerty", "qwertyuiop", "asdfgh", "zxcvbn", "1q2w3e", "1qaz2wsx",
    "abc123", "letmein", "welcome", "iloveyou", "admin", "administrator", "changeme", "default", "secret",
    "woaini", "5201314", "88888888", "11111111", "00000000", "112233", "123123", "a123456", "aa123456",
    "huifang", "回访", "manyidu", "满意度", "gongdan", "kefu", "gongre",
)  # fmt: skip

_at_once = threading.BoundedSemaphore(2)  # each check takes 19 MiB and a core


class _Hashing:
    """The parameters in force; tests put weak ones here, or every test would wait for argon2."""

    hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
    nobody = ""


def use(hasher: PasswordHasher) -> None:
    """Hash with other parameters from now on."""
    _Hashing.hasher, _Hashing.nobody = hasher, ""


def hashed(password: str) -> str:
    """Return the argon2id hash of a password."""
    with _at_once:
        return _Hashing.hasher.hash(_normal(password))


def matches(password: str, stored: str | None) -> bool:
    """Tell whether the password is the one; without a stored hash, take as long and say no."""
    if len(password) > LONGEST * 4:
        return False
    with _at_once:
        try:
            return _Hashing.hasher.verify(stored or _nobody(), _normal(password)) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(stored: str) -> bool:
    """Tell whether a hash was made with other parameters than today's."""
    return _Hashing.hasher.check_needs_rehash(stored)


def objection(password: str, user_name: str) -> str | None:
    """Return the sentence that says why a new password cannot be used, or None."""
    if not SHORTEST <= len(password) <= LONGEST:
        return _("Use %(least)s to %(most)s characters.", least=SHORTEST, most=LONGEST)
    bare = _normal(password).casefold()
    if user_name.casefold() in bare:
        return _("Do not use your own sign-in name in it.")
    if len(set(bare)) < 5 or _without_known_words(bare) < 6:
        return _("This is one of the first that people try. Three or four unrelated words make a good one.")
    return None


def one_time_secret() -> str:
    """Return a password of 16 random characters, in groups that can be read out."""
    return "-".join("".join(secrets.choice(TOKEN_ALPHABET) for _n in range(4)) for _group in range(4))


def _without_known_words(bare: str) -> int:
    """Return how many characters remain when well-known words and counting are taken out."""
    for run in ("1234567890", "0123456789", "abcdefghijkl", "9876543210", "qwertyuiop"):
        for length in range(len(run), 3, -1):
            bare = bare.replace(run[:length], "")
    for word in sorted(BLOCKED, key=len, reverse=True):
        bare = bare.replace(word, "")
    return len(set(bare))


def _nobody() -> str:
    if not _Hashing.nobody:
        _Hashing.nobody = _Hashing.hasher.hash(secrets.token_hex(16))
    return _Hashing.nobody


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
