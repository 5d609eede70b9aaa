"""A questionnaire of forty items, as a yearly survey has them: every kind, a matrix, sections, conditions."""

from typing import Any

Texts = dict[str, str]
LENGTH = 40
ASPECTS = (
    ("室温是否达标", "The temperature in the rooms"), ("温度是否稳定", "How steady the temperature is"),
    ("来电接听快慢", "How fast calls are answered"), ("客服人员的态度", "How our staff treat you"),
    ("上门是否准时", "Whether our engineers come on time"), ("维修质量", "The quality of repairs"),
    ("收费是否清楚", "How clear the bill is"), ("缴费是否方便", "How easy it is to pay"),
)  # fmt: skip
WAYS = (
    ("电话", "By phone"), ("微信公众号", "WeChat account"), ("营业厅", "At the counter"),
    ("物业转告", "Through the property manager"), ("上门服务人员", "An engineer on site"), ("其他", "Other"),
)  # fmt: skip


def both(zh: str, en: str) -> Texts:
    return {"zh_Hans": zh, "en": en}


def _item(key: str, zh: str, en: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "texts": {"zh_Hans": {"text": zh}, "en": {"text": en}}} | more


def _options() -> list[dict[str, Any]]:
    made = [{"code": code, "texts": both(*said)} for code, said in enumerate(WAYS, start=1)]
    return [*made[:-1], made[-1] | {"other": True}]


def _rounds() -> list[dict[str, Any]]:
    """Return questions about four visits, each with one that opens only for some answers."""
    found = []
    for n in range(1, 5):
        found += [
            _item(f"solved{n}", f"第 {n} 次报修解决了吗？", f"Was repair no. {n} a success?", kind="yesno"),
            _item(f"again{n}", "还差什么？", "What is still missing?", kind="text", single_line=True,
                  show_if={"all": [{"item": f"solved{n}", "is": "=", "value": 1}]}),
            _item(f"day{n}", "是哪一天上门的？", "On which day did we come?", kind="date",
                  show_if={"all": [{"item": f"solved{n}", "is": "answered"}]}),
            _item(f"ease{n}", "报修容易吗？", "How easy was it to report?", scale="ease7"),
        ]  # fmt: skip
    return [item | {"section": "repairs"} for item in found]


def long() -> dict[str, Any]:
    """Return the definition as plain values."""
    items = [
        _item("overall", "总的来说，您对供暖服务满意吗？", "Overall, how satisfied are you with the heating?",
              scale="sat5", role="overall", required=True),
        _item("reason", "哪里让您不满意？", "What were you not satisfied with?", kind="text", role="open",
              show_if={"item": "overall", "at_most": 2}),
        _item("nps", "您愿意向邻居推荐我们吗？", "How likely are you to recommend us?", kind="rating"),
        *(_item(f"aspect{n}", *said, scale="sat5", matrix="aspects", not_applicable=True, role="driver")
          for n, said in enumerate(ASPECTS)),
        *_rounds(),
        *(_item(f"way{n}", f"第 {n} 种情况您会怎么联系我们？", f"How would you reach us in case {n}?",
                kind="multiple" if n % 2 else "single", options=_options(), section="contact")
          for n in range(1, 7)),
        *(_item(f"agree{n}", said[0] + "：我很放心", said[1] + ": I need not worry", scale="agree5",
                section="contact") for n, said in enumerate(ASPECTS[:4])),
        _item("degrees", "您家客厅多少度？", "How warm is your living room?", kind="number", minimum=10,
              maximum=30, soft=True, section="contact"),
        _item("person", "家里有几口人？", "How many people live in your home?", kind="number", minimum=1,
              maximum=20, section="contact"),
        _item("comment", "还有什么想对我们说的？", "Is there anything else you would like to tell us?",
              kind="text", role="open", section="contact"),
    ]  # fmt: skip
    assert len(items) == LENGTH, len(items)
    return {
        "title": both("供暖季满意度调查", "Heating season survey"),
        "intro": both("请您说说这个供暖季的情况。", "Please tell us how this heating season went."),
        "matrices": {"aspects": both("您对以下方面满意吗？", "How satisfied are you with the following?")},
        "sections": {
            "repairs": {"zh_Hans": {"title": "报修"}, "en": {"title": "Repairs"}},
            "contact": {"zh_Hans": {"title": "联系与其他"}, "en": {"title": "Reaching us, and the rest"}},
        },
        "items": items,
    }
