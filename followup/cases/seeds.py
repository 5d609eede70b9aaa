"""What a new installation starts with: categories of four trades, and rules that suggest a severity.

An organisation switches off what is not its own. The words are those that customers use.
"""

from collections.abc import Mapping

Tree = Mapping[str, "Tree"]


def _leaves(*names: str) -> dict[str, Tree]:
    return {name: {} for name in names}


CATEGORIES: Tree = {
    "供暖": {
        **_leaves("温度不达标", "停暖", "漏水", "管网噪音", "开通与停用", "缴费与计量"),
        "维修": _leaves("阀门", "散热器", "换热站"),
    },
    "供水": _leaves("停水", "水压不足", "水质", "漏水与爆管", "水表", "缴费", "报装"),
    "燃气": _leaves("漏气与异味", "停气", "压力不足", "表具与阀门", "安检", "缴费", "开户与改装"),
    "社区服务": {
        **_leaves("环境卫生", "设施维修", "噪音扰民", "停车", "安全"),
        "物业服务": _leaves("收费", "服务态度"),
    },
    "服务": _leaves("服务态度", "上门及时", "信息告知", "热线接听", "廉洁自律"),
}

# (severity, kind, category, words); the first that fits wins, so danger to life stands first.
SEVERITY_RULES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("urgent", "", "燃气/漏气与异味", ()),
    (
        "urgent",
        "",
        "",
        (
            "漏气",
            "燃气泄漏",
            "煤气味",
            "一氧化碳",
            "爆炸",
            "爆管",
            "着火",
            "触电",
            "烫伤",
            "gas leak",
            "burst",
        ),
    ),
    ("urgent", "", "供暖/停暖", ("老人", "婴儿", "孕妇", "病人", "整栋", "全楼", "整个小区")),
    ("serious", "", "供暖/停暖", ()),
    ("serious", "", "供水/停水", ()),
    ("serious", "", "燃气/停气", ()),
    ("serious", "", "", ("停暖", "停水", "停气", "大量漏水", "no heating", "no water", "no gas")),
    ("serious", "repair", "", ("老人", "婴儿", "新生儿", "孕妇", "病人", "残疾", "baby", "elderly")),
    ("serious", "complaint", "", ("多次", "再次", "一直没人", "媒体", "信访", "索赔", "收受", "吃拿卡要")),
    ("minor", "praise", "", ()),
    ("minor", "suggestion", "", ()),
)
