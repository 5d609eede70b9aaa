"""What people wrote leaves the house without the numbers by which they could be reached."""

import pytest

from surveys.exports.harmless import masked
from tests.pace import least_cpu


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("请打13812345678", "请打***"),
        ("138 1234 5678 或 138-1234-5678", "*** 或 ***"),
        ("1381 2345 678", "***"),
        ("１３８１２３４５６７８", "***"),
        ("+86 138 1234 5678", "***"),
        ("0086-13812345678。", "***。"),
        ("座机 010-12345678", "座机 ***"),
        ("(0431) 8888 1234", "***"),
        ("call +44 20 7946 0958 please", "call *** please"),
        ("身份证11010519491231002X", "身份证***"),
        ("110105 19491231 002x", "***"),
        ("6222 0212 3456 7890 123", "***"),
        ("户号 3301002", "户号 ***"),
        ("写信给wang.li@example.com吧", "写信给***吧"),
        ("a＠b.cn", "***"),
        ("微信号：wang_li88", "微信号：***"),
        ("QQ: 12345", "QQ: ***"),
        ("https://h.example/s/7Kp2xW9mQ4", "https://h.example/s/***"),
    ],
)
def test_numbers_and_addresses_of_people_are_hidden(written: str, left: str):
    assert masked(written) == left


@pytest.mark.parametrize(
    "written",
    [
        "等了3天，18.5度",
        "2026-11-18 10:30 来过",
        "5楼502室",
        "花了123456元",
        "a@ b",
        "满意度100%",
        "2026年3月",
    ],
)
def test_what_identifies_nobody_stays(written: str):
    assert masked(written) == written


@pytest.mark.parametrize("unit", ["a", "1 ", "a.", "+1-", "微信", "@"])
def test_long_texts_are_masked_in_no_time(unit: str):
    assert least_cpu(lambda: masked(unit * 16_000)) < 1
