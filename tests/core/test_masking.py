"""What identifies somebody does not survive, what was said about the service does."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.masking import HIDDEN, mask

# Names with a title or a role and bare numbers of doors; below, sentences that look alike.
NAMES_AND_DOORS = """
感谢李师傅|王师傅修得好|找高师傅来的|于师傅态度好|请周师傅再来一次|白师傅不耐烦|刘建国师傅很好
联系张志强师傅|维修工王建国态度差|师傅刘志强上门|接线员李敏很耐心|客服小张态度好|王经理答应了
欧阳师傅|投诉赵主任|李奶奶家不热|孙大姐帮忙|谢谢陈国华师傅|接线员：李敏，很好|我家住402
住在三楼301|3楼502不热|402室漏水|1203的业主|房号：1502
room 402 is cold|Room no. 12 is cold|让师傅小李来|我叫李建国
请何师傅来|任师傅人好|钱师傅技术好|马师傅来了|周先生您好|昨天吴建军先生来过|王老师傅好
请联系李建国先生|我家402家里冷|住402方便时来|维修工小程来过|维修师傅叫小石|客服小钱态度差
"""
NEITHER = """
感谢师傅|谢谢师傅|多谢师傅|上周师傅来过|一周师傅没来|如何师傅才来|任何师傅都行|信任师傅
应付师傅|也许师傅忘了|工程师傅来了|马上师傅就到|马上叫师傅来|师傅马上到|师傅周到|师傅何时来
师傅许久没来|师傅严格要求。|师傅马虎。|关于师傅的态度|水平高师傅好|照顾老师傅|其余师傅都好
收钱师傅不给票|这时候师傅走了|师傅老毛病又犯了|我家交了1800|我家120平
我家100多平米不热|住了300天|北屋只有16度|室温18|费用1200元|三楼500元
20楼2026年|6楼200多户|我家是2015年的房子|紧张师傅不来|不白师傅跑一趟|对方师傅
平常师傅来得快|老师傅好|两位师傅|师傅谢谢你|师傅任劳任怨|水龙头师傅没带|30层1000多人
room 15 degrees|the room was cold
waited in room with 3 people|周末师傅没来|各方经理都推|经理是好人
主任说不行|客服小姐姐很好|小姐姐态度好|老师讲得好|师傅江湖气。|千万师傅别来晚|师傅万一不来
过程师傅讲得清|规范师傅的行为|说明白师傅才走|谢谢女士|周到的女士|一万先生来信了
缴费用的是小程序|客服叫小程序里报修|花的是小钱|漏水是小孔造成的|站长任务重|客服程序有问题|客服是万能的
我家110方|我家300m2|我家 100兆宽带|我家是380V|2楼300家不热|我家1200左右|我家 150吨水|我家1000余元
"""


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("电话13812345678打了没人接", "13812345678"),
        ("请打 138 1234 5678", "1234 5678"),
        ("座机0411-84567890", "84567890"),
        ("身份证210203198001011234", "210203198001011234"),
        ("证件21020319800101123X请查", "21020319800101123X"),
        ("邮箱wang.li@example.com.cn", "wang.li@example.com.cn"),
        ("户号：0204881，一直不热", "0204881"),
        ("户号是A-1024", "A-1024"),
        ("车牌辽B·12345堵着门", "辽B·12345"),
        ("车牌京AD12345", "京AD12345"),
        ("姓名：王秀英，住二楼", "王秀英"),
        ("我叫李建国，反映暖气", "李建国"),
        ("我姓赵", "赵"),
        ("号码是一三八零零一三八零零零", "一三八零零一三八零零零"),
        ("手机１３８１２３４５６７８", "１３８１２３４５６７８"),
        ("卡号6222 0212 3456 7890 123", "6222 0212 3456 7890"),
        ("住在12号楼3单元402室", "12号楼3单元402室"),
        ("和平路8号402室", "402"),
        ("My name is John Smith and I waited", "John Smith"),
        ("my name is john", "john"),
        ("Call Mrs Jones", "Jones"),
        ("write to j.smith+x@example.org", "j.smith"),
        ("my account number 77-1234 is wrong", "77-1234"),
        ("phone +44 20 7946 0958 please", "7946"),
        ("打138，1234，5678", "1234"),
        ("138\u00a01234\u00a05678", "1234"),
        ("138\u200b1234\u200b5678", "1234"),
        ("138‑1234‑5678 或 138（1234）5678", "5678"),
        ("138_1234_5678", "1234"),
        ("一三八 一二三四 五六七八", "一二三四"),
        ("壹叁捌壹贰叁肆伍陆柒捌", "肆伍陆"),
        ("1三8一2三4五6七8", "6七8"),
        ("①③⑧①②③④⑤⑥⑦⑧", "③④"),
        ("车牌辽Ｂ12345", "12345"),
        ("我姓欧阳", "阳"),
        ("我叫欧阳建国", "国"),
        ("我叫阿卜杜拉·买买提", "买买提"),
        ("我叫：王秀英", "王秀英"),
        ("联系人王秀英", "王秀英"),
        ("本人李建国，要求退费", "李建国"),
        ("请联系李建国先生", "李"),
        ("微信：wangli88", "wangli88"),
        ("wang.li＠example.com", "wang.li"),
        ("尾号5678的手机", "5678"),
        ("住8-3-402", "402"),
        ("十二号楼三单元四零二", "四零二"),
        ("my name is john smith and i waited", "smith"),
        ("ask mr smith", "smith"),
        ("Call Mr. van der Berg", "Berg"),
        ("I live at 12 Baker Street", "Baker"),
        ("my postcode is SW1A 2AA", "2AA"),
    ],
)
def test_what_identifies_somebody_is_hidden(text, gone):
    assert gone not in mask(text)
    assert HIDDEN in mask(text)


@pytest.mark.parametrize(
    "text",
    [
        "说是修好了，第二天又不热了，北屋只有16度。",
        "等了三天才有人来，来了五分钟就走了。",
        "我叫了三次维修都没人来",
        "电话打了20次，2026年1月15日才通",
        "Waited 45 minutes on 3 March 2026, then 2 people came at 10:30.",
        "The name of the street was wrong; 100% useless",
        "费用1200元没有说清楚",
        "我叫他来他不来",
        "12号1000元交了，13号又催",
        "联系人不在家，户主也没人联系",
        "本人很满意，我是老用户",
        "温度16，17，18，15，不到18度",
        "10-12-14度，修了两位女士家",
        "一二三四五楼都不热 👨‍👩‍👧",
        "I miss the old service; my name was wrong",
    ],
)
def test_what_was_said_about_the_service_stays(text):
    assert mask(text) == text


def sentences(block):
    return [one for line in block.strip().splitlines() for one in line.split("|")]


def test_a_name_before_a_title_or_behind_a_role_goes_and_the_role_stays():
    for text in sentences(NAMES_AND_DOORS):
        said = mask(text)
        assert HIDDEN in said, text
        kept = re.sub(r"\w*\*\*\*", "", said)
        for role in ("师傅", "经理", "主任", "先生", "客服", "接线员", "维修工"):
            assert (role in text) == (role in said), (text, said)
        assert not re.search(r"\d{3}|建国|志强|李敏|建军", kept), (text, said)


def test_ordinary_words_are_no_names_and_no_doors():
    assert [text for text in sentences(NEITHER) if mask(text) != text] == []


@given(st.text(alphabet="我叫姓名户号：电话 abcAB12345６７890-@.单元室王师傅住楼", max_size=60))
def test_masking_twice_is_masking_once_and_no_long_number_is_left(text):
    once = mask(text)
    assert mask(once) == once
    assert not re.search(r"\d{7}", once)


@given(st.from_regex(r"1[3-9]\d{9}", fullmatch=True), st.text(max_size=20), st.text(max_size=20))
def test_a_mobile_number_never_survives(number, before, after):
    assert number not in mask(before + number + after)


@given(st.text(alphabet="暖气不热师傅态度好等太久 cold room slow staff ，。!", max_size=80))
def test_words_without_numbers_or_names_are_untouched(text):
    assert mask(text) == text
