"""The pasted text of Chinese offices, in the dialect of the tool's kit and in that of its web editor."""

from typing import Any

import pytest

from core.errors import HuifangError
from surveys.checking import problems
from surveys.definition import Definition, ItemDefinition, from_dict
from surveys.interchange import pasted

KIT = """供热服务满意度调查
请根据您的真实感受填写。

1. 您家所在的区域 [下拉框]
城东区
城西区

2. 您对本次服务的总体满意度 [量表题]
1~10

3. 请评价以下方面 [矩阵量表题]
行：
- 服务态度
- 上门时间
列：
- 非常不满意
- 不满意
- 一般
- 满意
- 非常满意

4. 请打分[矩阵量表题]
行：
- 沟通能力
- 团队协作

1~5

5. 最需要改进的方面[排序题]
速度
质量

6. 您的建议[填空题]（选填）
"""
WEB = """员工满意度
这是一份匿名调查

1. 薪酬福利[段落说明]

2. 您对公司整体满意度如何？【量表题】
非常不满意
不满意
一般
满意
非常满意

3. 您对以下方面的满意程度？（矩阵量表题）
非常不满意 不满意 一般 满意 非常满意
办公环境
团队氛围

=== 分页 ===

4．您愿意向朋友推荐我们吗？[量表题]
0~10

5、您喜欢（可多选）［多选题］
A 红色
B 绿色
C 其他____
6. 问题是否已经解决？[判断题]
7. 姓名{_}，电话{_}[多项填空题]
8. 上门日期[日期]
9. 满意的地方[热力图题]

感谢您的参与！
"""
PLAIN = """居民问卷
一、基本情况
1、您的年龄：*
A、18-35岁  B、36-60岁  C、60岁以上
2、您住在哪里？（跳至第3题）
1) 城东
2) 城西（请跳至第4题）
二、满意度
3、您对供热质量是否满意
非常满意
满意
基本满意
不满意
非常不满意
4、原因：________
"""


def read(text: str, encoding: str = "utf-8") -> tuple[Definition, list[str]]:
    imported = pasted.read(text.encode(encoding))
    return from_dict(imported.definition), [str(note) for note in imported.notes]


def item(definition: Definition, key: str) -> ItemDefinition:
    found = definition.item(key)
    assert found is not None
    return found


def labels(found: ItemDefinition) -> list[str]:
    return [option.texts["zh_Hans"] for option in found.options]


def test_the_dialect_with_rows_and_columns_is_understood() -> None:
    definition, notes = read(KIT)
    assert not list(problems(definition))
    assert definition.title == {"zh_Hans": "供热服务满意度调查"}
    assert definition.intro == {"zh_Hans": "请根据您的真实感受填写。"}
    assert [each.key for each in definition.items] == ["q1", "q2", "q3_1", "q3_2", "q4_1", "q4_2", "q6"]
    assert labels(item(definition, "q1")) == ["城东区", "城西区"]
    assert [option.code for option in item(definition, "q2").options] == list(range(1, 11))
    assert (item(definition, "q3_1").scale, item(definition, "q3_1").matrix) == ("sat5.1", "q3")
    assert item(definition, "q3_2").said("zh_Hans").text == "上门时间"
    assert definition.matrices["q4"] == {"zh_Hans": "请打分"}
    assert (item(definition, "q6").kind, item(definition, "q6").required) == ("text", False)
    assert item(definition, "q1").required
    assert notes == [
        "question 2 (line 8): Its range 1~10 has no words, so it became a choice of one.",
        "question 4 (line 22): Its range 1~5 has no words, so it became a choice of one.",
        (
            "question 5 (line 29): A question of the kind 排序题 cannot be asked here and was left out: "
            "“最需要改进的方面”."
        ),
        "Questions not marked （选填） must be answered, as this format has it.",
    ]


def test_the_dialect_of_the_web_editor_is_understood() -> None:
    definition, notes = read(WEB)
    assert not list(problems(definition))
    assert definition.intro == {"zh_Hans": "这是一份匿名调查\n薪酬福利"}
    assert definition.closing == {"zh_Hans": "感谢您的参与！"}
    assert {each.key: each.kind for each in definition.items} == {
        "q2": "likert",
        "q3_1": "likert",
        "q3_2": "likert",
        "q4": "rating",
        "q5": "multiple",
        "q6": "yesno",
        "q7_1": "text",
        "q7_2": "text",
        "q8": "date",
    }
    assert item(definition, "q2").role == "overall"
    assert labels(item(definition, "q5")) == ["红色", "绿色", "其他"]
    assert item(definition, "q5").other == 3
    assert [item(definition, key).said("zh_Hans").text for key in ("q7_1", "q7_2")] == ["姓名", "电话"]
    assert any("热力图题" in note and "question 9" in note for note in notes)
    assert any("Page breaks were left out" in note for note in notes)


def test_a_text_without_marks_is_understood_by_its_numbers() -> None:
    definition, notes = read(PLAIN)
    assert not list(problems(definition))
    assert [text["zh_Hans"].title for text in definition.sections.values()] == ["一、基本情况", "二、满意度"]
    assert labels(item(definition, "q1")) == ["18-35岁", "36-60岁", "60岁以上"]
    assert item(definition, "q1").required
    assert not item(definition, "q3").required
    assert labels(item(definition, "q2")) == ["城东", "城西"]
    assert item(definition, "q3").scale == "hcp5.1"
    assert item(definition, "q4").kind == "text"
    assert any("jumps" in note and "城西（请跳至第4题）" in note for note in notes)


@pytest.mark.parametrize(
    "stem",
    [
        "1. 满意吗[单选题]",
        "1．满意吗【单选题】",
        "1、满意吗（单选题）",
        "1) 满意吗(单选题)",
        "Q1【单选题】满意吗",
        "第1题 满意吗 ［单选题］",
        "1. 满意吗 [单选题] *",
        "1. *满意吗[单选题]（必填）",
        "1. 满意吗(单选题)【必答】",
    ],
)
def test_brackets_and_numbers_come_in_both_widths(stem: str) -> None:
    definition, _notes = read(f"标题\n\n{stem}\n会\n不会")
    assert item(definition, "q1").said("zh_Hans").text == "满意吗"
    assert labels(item(definition, "q1")) == ["会", "不会"]
    assert item(definition, "q1").required


@pytest.mark.parametrize(
    ("words", "scale"),
    [
        ("非常满意 满意 一般 不满意 非常不满意", "sat5.1"),
        ("非常不满意 不满意 基本满意 满意 非常满意", "hcp5.1"),
        ("5分 非常满意|4分 满意|3分 一般|2分 不满意|1分 非常不满意", "sat5.1"),
        ("非常同意 同意 不好说 不同意 非常不同意", "agree5.1"),
        ("很好 好 一般 差 很差", "quality5.1"),
        ("是 否", "yesno.1"),
        ("很满意 满意 一般 不满意 很不满意", ""),
        ("非常满意 满意 不满意 非常不满意", ""),
    ],
)
def test_only_the_same_words_make_the_same_scale(words: str, scale: str) -> None:
    lines = words.replace("|", "\n") if "|" in words else words.replace(" ", "\n")
    definition, notes = read(f"标题\n\n1. 您觉得呢？[量表题]\n{lines}")
    found = item(definition, "q1")
    assert found.scale == scale
    if not scale:
        assert found.kind == "single"
        assert any("none of the scales known here" in note for note in notes)


def test_an_answer_outside_the_scale_is_declared_and_not_scored() -> None:
    definition, notes = read("标题\n\n1. 服务？[单选题]\n非常满意\n满意\n一般\n不满意\n非常不满意\n不了解")
    assert (item(definition, "q1").scale, item(definition, "q1").not_applicable) == ("sat5.1", True)
    assert any("不了解" in note for note in notes)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_usual_encodings_are_read(encoding: str) -> None:
    assert read(KIT, encoding)[0] == read(KIT)[0]


def test_markup_and_formulas_stay_the_plain_text_they_are() -> None:
    definition, _notes = read('问卷的标题\n\n1. 您对服务<b>满意</b>吗？[单选题]\n=CMD("x")\n<img src=x>')
    assert item(definition, "q1").said("zh_Hans").text == "您对服务<b>满意</b>吗？"
    assert labels(item(definition, "q1")) == ['=CMD("x")', "<img src=x>"]


@pytest.mark.parametrize("text", ["", "你好", "没有题目\n\n只有说明", "\x00", "=== 分页 ==="])
def test_a_text_without_questions_is_refused(text: str) -> None:
    with pytest.raises(HuifangError):
        pasted.read(text.encode())


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        ("填空题", {"kind": "text"}),
        ("手机", {"kind": "text", "single_line": True}),
        ("数字", {"kind": "number"}),
        ("滑动条", {"kind": "number", "minimum": 0, "maximum": 100}),
        ("NPS题", {"kind": "rating"}),
        ("日期题", {"kind": "date"}),
        ("判断题", {"kind": "yesno"}),
    ],
)
def test_questions_without_options(mark: str, expected: dict[str, Any]) -> None:
    definition, _notes = read(f"标题\n\n1. 题干[{mark}]")
    assert expected.items() <= {name: getattr(item(definition, "q1"), name) for name in expected}.items()


def test_matrices_of_texts_and_of_several_choices() -> None:
    definition, _notes = read(
        "标题\n\n1. 费用[矩阵填空题]\n水费\n电费\n\n2. 用过[矩阵多选题]\n电话 网站\n咨询\n报修"
    )
    assert not list(problems(definition))
    assert [(each.key, each.kind, each.matrix) for each in definition.items] == [
        ("q1_1", "text", "q1"),
        ("q1_2", "text", "q1"),
        ("q2_1", "multiple", "q2"),
        ("q2_2", "multiple", "q2"),
    ]
    assert labels(item(definition, "q2_1")) == ["电话", "网站"]
