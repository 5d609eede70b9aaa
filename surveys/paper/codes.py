"""The QR code of a link, drawn once for all copies."""

from dataclasses import dataclass

QUIET = 4  # modules of white around, which the standard asks for


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code as one path; its side is ``size`` modules, the quiet zone included."""

    size: int
    path: str


def qr(address: str) -> Code:
    """Return the code of an address, with error correction M: a stain or a fold still reads."""
    import segno  # noqa: PLC0415 # only who prints needs it

    rows = [list(row) for row in segno.make_qr(address, error="m", boost_error=False).matrix]
    parts = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            run = 0
            while x + run < len(row) and row[x + run]:
                run += 1
            if run:
                parts.append(f"M{x + QUIET} {y + QUIET}h{run}v1h-{run}z")
            x += run or 1
    return Code(len(rows) + 2 * QUIET, "".join(parts))
