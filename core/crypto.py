"""Sealing personal data, searching it by keyed hash, hashing link tokens.

A sealed value is ``version byte | key id (4) | nonce (12) | ciphertext and tag`` by AES-256-GCM-SIV
(RFC 8452), which stays safe when a nonce repeats. The place a value belongs to (table, column, row)
is authenticated with it, so a value copied to another row cannot be opened there.
"""

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.errors import HuifangError

VERSION = b"\x01"
# No look-alikes (0 O 1 l I) and none of _ ~ - that SMS gateways change: 57 characters.
TOKEN_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"  # noqa: S105 # an alphabet, no secret
TOKEN_LENGTH = 22  # log2(57) * 22 = 128.3 bits


class SealError(HuifangError):
    """A protected value cannot be opened: the secret key is another one, or the data was changed."""


class Vault:
    """Seals and opens values with keys derived from the installation's secret."""

    def __init__(self, secret: str) -> None:
        material = secret.encode()
        self._aead = AESGCMSIV(_derive(material, b"seal"))
        self._index_key = _derive(material, b"index")
        self._form_key = _derive(material, b"form")
        self.chain_key = _derive(material, b"audit")
        self.key_id = hashlib.sha256(_derive(material, b"key id")).digest()[:4]

    def seal(self, value: str, place: str) -> bytes:
        """Encrypt ``value`` for ``place``, such as ``contact.name:<row uid>``."""
        nonce = secrets.token_bytes(12)
        header = VERSION + self.key_id
        return header + nonce + self._aead.encrypt(nonce, value.encode("utf-8"), header + place.encode())

    def open(self, sealed: bytes, place: str) -> str:
        """Decrypt what ``seal`` returned for the same place.

        Raises
        ------
        SealError
            If the key, the place or the bytes are not the ones it was sealed with.
        """
        header, nonce, body = sealed[:5], sealed[5:17], sealed[17:]
        try:
            return self._aead.decrypt(nonce, body, header + place.encode()).decode("utf-8")
        except (InvalidTag, ValueError):
            raise SealError from None

    def blind_index(self, value: str, purpose: str) -> bytes:
        """Return a keyed hash by which an encrypted value can be found again."""
        return hmac.digest(self._index_key, f"{purpose}\0{value}".encode(), "sha256")[:16]

    def form_signature(self, *parts: str) -> str:
        """Sign a form that is shown without a cookie, such as a survey bound to its link."""
        return hmac.new(self._form_key, "\0".join(parts).encode(), "sha256").hexdigest()[:32]


def new_token() -> str:
    """Return a link token of 128 random bits in an alphabet that survives SMS and dictation."""
    return "".join(secrets.choice(TOKEN_ALPHABET) for _ in range(TOKEN_LENGTH))


def token_hash(token: str) -> bytes:
    """Return what the database keeps of a token: 128 bits of entropy need no salt."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def is_token_shaped(token: str) -> bool:
    """Tell whether a string could be one of our tokens, without asking the database."""
    return len(token) == TOKEN_LENGTH and all(c in TOKEN_ALPHABET for c in token)


def _derive(material: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"huifang " + purpose).derive(material)
