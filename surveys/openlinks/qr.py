"""QR codes of open links: level M, with the quiet zone, large enough on paper without anybody's doing."""

from io import BytesIO
from math import ceil

import segno

ERROR_LEVEL = "m"  # 15 % may be damaged or covered
QUIET = 4  # modules of white around the code, which readers need
PRINTED_MM = 40  # edge of the code itself; below 25 mm old phones fail
DPI = 300
_MM_PER_INCH = 25.4


def svg(address: str) -> bytes:
    """Return the code as a picture that stays sharp at any size; its own size is made for paper."""
    code = _code(address)
    out = BytesIO()
    edge = code.symbol_size(border=0)[0]
    code.save(out, kind="svg", scale=round(PRINTED_MM / edge, 3), border=QUIET, unit="mm", light="white")
    return out.getvalue()


def png(address: str) -> bytes:
    """Return the code as a picture for documents, at the same size on paper."""
    code = _code(address)
    out = BytesIO()
    pixels = ceil(PRINTED_MM / _MM_PER_INCH * DPI / code.symbol_size(border=0)[0])
    code.save(out, kind="png", scale=pixels, border=QUIET, dpi=DPI, light="white")
    return out.getvalue()


def _code(address: str) -> segno.QRCode:
    return segno.make(address, error=ERROR_LEVEL, micro=False, boost_error=False)
