"""QR codes: level M, the quiet zone around them, and their size on paper."""

import re
import struct

import segno

from surveys.openlinks import qr

ADDRESS = "https://huifang.heat.example/o/AbCd2345"
LEAST_MM = 25


def test_the_code_is_of_level_m_and_says_the_address() -> None:
    wanted = segno.make(ADDRESS, error="m", micro=False, boost_error=False)
    assert wanted.error == "M"
    drawn = qr._code(ADDRESS)
    assert (drawn.error, drawn.is_micro, drawn.matrix) == ("M", False, wanted.matrix)


def test_the_drawing_has_its_quiet_zone_and_its_size_on_paper() -> None:
    text = qr.svg(ADDRESS).decode()
    width = float(re.search(r'width="([\d.]+)mm"', text)[1])  # type: ignore[index]
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', text)
    assert box is not None
    modules = segno.make(ADDRESS, error="m", boost_error=False).symbol_size(border=0)[0]
    assert float(box[1]) == float(box[2])
    assert width * modules / (modules + 2 * qr.QUIET) >= LEAST_MM
    assert "<script" not in text
    assert "style=" not in text


def test_the_picture_for_documents_has_its_size_on_paper_too() -> None:
    data = qr.png(ADDRESS)
    pixels = struct.unpack(">I", data[16:20])[0]
    at = data.index(b"pHYs") + 4
    per_metre = struct.unpack(">I", data[at : at + 4])[0]
    modules = segno.make(ADDRESS, error="m", boost_error=False).symbol_size(border=0)[0]
    code = pixels * modules / (modules + 2 * qr.QUIET)
    assert code / per_metre * 1000 >= LEAST_MM
