"""Comments of the demo: put together from invented clauses, each about one thing. Nobody ever wrote them.

A comment begins with what it is mainly about; some go on about something else, as people do, so no classifier
and no second reader will always say the same.
"""

import random
import re
from functools import cache

TOPICS = ("室温", "等候与响应", "服务态度", "收费与票据", "处理结果", "信息告知")
HEAT, WAIT, CARE, BILL, DONE, TOLD = range(len(TOPICS))
ENGLISH = 0.12  # of the comments
ASIDE = 0.3  # go on about something else

POOR = {
    HEAT: """{room}只有{cold}度|暖气摸着不烫手|屋里冷得坐不住|老人孩子都冻感冒了|晚上还凑合，早上起来冰凉
        地暖半截热半截凉|温度一直上不去|供暖不如去年|穿着棉袄看电视|阀门全开了{room}还是不热|一到后半夜就停暖似的
        末端用户永远最冷|窗户都结霜了|测温那天热，过后又凉""",
    WAIT: """等了{days}才有人来|报修电话打了{times}没人接|约好上午，傍晚才到|催了{times}才派人|热线一直占线
        说马上到，等到天黑|排队排了一个多小时|从周一拖到周五|派单太慢，耽误时间|预约时间改来改去|在家请假白等一天
        响应速度跟不上|转来转去没人管|{days}过去了连个电话都没有""",
    CARE: """{who}说话很冲|态度生硬，问两句就不耐烦|进门不穿鞋套，地板踩脏了|客服爱答不理|嫌麻烦，应付了事
        对老人没有耐心|接线员像在训人|{who}板着脸，全程不说话|语气不好，听着难受|推来推去不愿意动手|叫人来还要看脸色
        连句抱歉都没有|前台聊天不理人|把工具乱扔，不尊重人""",
    BILL: """热费算得不明白|票据一直没给|多收了一个月的钱|面积核减以后还按老面积收|缴费系统扣了两次款
        退费拖着不退|换个阀门收了两百，没有发票|停供了还要交基础费|收费标准看不懂|价格年年涨|手机缴费失败，钱却扣了|账单对不上
        滞纳金收得没道理|发票抬头开错了""",
    DONE: """修完第二天又漏水|换了零件毛病照旧|来看了一眼就走，没解决|工单写着已解决，其实没弄好|治标不治本
        同样的问题报了{times}|阀门修了还在滴水|管子夜里照样咚咚响|没修好就让签字|返工两回还是老样子
        说要换泵，到现在没换|临时堵上，过几天又坏|问题拖着没有下文|检查完说正常，可毛病还在""",
    TOLD: """停暖检修没有提前通知|没人告诉我处理到哪一步|短信说修好了，我一点不知道|公告贴在看不见的地方
        办停供要什么材料说法不一|问了{times}说的都不一样|没说清楚什么时候恢复|换表也不打个招呼|网上查不到进度
        恢复供暖的时间一变再变，也不说一声|政策改了没人解释|小区群里没有消息|来之前没有打电话|结果没人反馈""",
}
GOOD = {
    HEAT: """家里现在很暖和|{room}有{warm}度了|室温比去年高|暖气热得快|老人说今年不冷了
        温度稳定，晚上也热|冲洗以后热多了|地暖踩着热乎|二十四小时都热|屋里穿单衣就行""",
    WAIT: """来得很快，半小时就到|电话一打就通|当天报修当天上门|说几点到就几点到|没等多久|派单及时
        半夜也有人值班|响应比以前快多了|一个电话就有人管|不用排队""",
    CARE: """{who}有礼貌，进门穿鞋套|接线员很耐心|{who}人好，还帮忙擦地|说话和气|客服热心，问得仔细
        干活细心认真|对老人特别照顾|服务周到|笑脸相迎，听着舒服|态度没得说""",
    BILL: """热费算得清清楚楚|发票当场就给了|网上缴费很方便|退款很快到账|核减以后少交了钱|收费合理
        账单一目了然|没有乱收费|窗口交钱不麻烦|票据齐全""",
    DONE: """一次就修好了|漏水彻底解决了|换了新阀门，再没出过毛病|问题处理得干净|修完还试了压|噪音没有了
        跑了两趟，终于弄好|处理结果满意|查出了原因，当场解决|后来又来复查过一遍""",
    TOLD: """来之前打了电话|停暖提前一天发了短信|每一步都有短信|材料一次说清楚|讲得明白，哪天恢复都告诉了
        政策解释得很透彻|进度网上能查到|修完有人回电话告知|通知贴得很及时|注意事项写得清楚""",
}
ENGLISH_POOR = {
    HEAT: "the bedroom is freezing|radiators barely warm|only {cold} degrees inside|cold all night long",
    WAIT: "waited {days_en} for a visit|nobody answers the hotline|came hours late|called again and again",
    CARE: "the man was rude|staff impatient with us|nobody was polite|unfriendly on the phone",
    BILL: "charged twice|no receipt at all|the bill makes no sense|still waiting for my refund",
    DONE: "it leaks again|not fixed at all|the same fault came back|they closed it without a repair",
    TOLD: "no notice before the shutdown|nobody told us the date|no information in English|no update by text",
}
ENGLISH_GOOD = {
    HEAT: "the flat is warm now|heating works well|nice and warm at night|{warm} degrees, great",
    WAIT: "came within the hour|quick answer on the phone|no waiting at all|arrived right on time",
    CARE: "very polite staff|the repairman was kind|friendly and patient|treated us with respect",
    BILL: "the bill is clear|refund came fast|easy to pay online|got the receipt at once",
    DONE: "fixed at the first visit|the leak is gone|problem solved|works perfectly since",
    TOLD: "called before coming|got a text each step|clear explanation|told us a day ahead",
}
PLAIN = {  # of none of the topics
    "good": "都挺好的|没意见，谢谢|满意|继续保持|辛苦了|比别家强|给个好评|all good, thanks",
    "mild": "一般般吧|没什么可说的|还行|不好评价|凑合|so so",
    "poor": "说了也没用|太失望了|不想再说了|不满意|希望领导看看|disappointed",
}
OPENINGS = ("", "", "", "说实话，", "今年", "我家", "这次", "反正", "总的来说，")
TAILS = {
    True: ("", "", "", "，希望改进", "，望重视", "，老用户了"),
    False: ("", "", "", "，谢谢", "，就这样", "，老用户了"),
}
MILD = ("还行，就是", "别的都好，就是", "基本可以，不过", "凑合，")
SLOTS = {
    "room": ("北屋", "客厅", "主卧", "小卧室", "书房"),
    "cold": ("13", "14", "15", "16", "17"),
    "warm": ("20", "21", "22", "23"),
    "days": ("两天", "三天", "四天", "一个星期", "半个月"),
    "days_en": ("two days", "three days", "a week"),
    "times": ("两次", "三次", "五六次", "好几次", "二十多遍"),
    "who": ("师傅", "维修工", "小伙子", "上门的人"),
}


def comment(overall: int, *, seed: str, quick: bool, west: bool) -> str:
    """Invent what somebody writes who gave this score; the same seed writes the same."""
    draw = random.Random(seed)  # noqa: S311 # a demo; a stream of its own: words change no figure
    mood = "poor" if overall <= 2 else "mild" if overall == 3 else "good"
    if draw.random() < 0.1:
        return draw.choice(PLAIN[mood].split("|"))
    is_poor = mood != "good"
    topic = draw.choices(range(len(TOPICS)), _weights(is_poor=is_poor, quick=quick, west=west))[0]
    if draw.random() < ENGLISH:
        return _in_english(draw, topic, mood)
    text = _clause(draw, (POOR if is_poor else GOOD)[topic])
    opening = draw.choice(MILD) if mood == "mild" else draw.choice(OPENINGS)
    if draw.random() < ASIDE:
        other = draw.choice([one for one in range(len(TOPICS)) if one != topic])
        text += "，" + _clause(draw, (POOR if draw.random() < (0.7 if is_poor else 0.2) else GOOD)[other])
    return opening + text + draw.choice(TAILS[is_poor]) + "。"


def about(text: str) -> list[tuple[int, int]]:
    """Return what a comment of the demo is about and in which mood (-1 or 1), its main topic first."""
    matches = [(clauses.search(text), topic, mood) for topic, mood, clauses in _patterns()]
    found = sorted((match.start(), topic, mood) for match, topic, mood in matches if match)
    return [(topic, mood) for _place, topic, mood in found]


def _weights(*, is_poor: bool, quick: bool, west: bool) -> list[float]:
    if not is_poor:
        return [3, 2 if quick else 1, 2.5, 1, 2, 1.5]
    return [3, (1.5 if quick else 4) + (2 if west else 0), 1.5, 1.5, 2.5, 1.5]


def _in_english(draw: random.Random, topic: int, mood: str) -> str:
    text = _clause(draw, (ENGLISH_GOOD if mood == "good" else ENGLISH_POOR)[topic])
    if draw.random() < ASIDE:
        text += ", " + _clause(draw, ENGLISH_POOR[draw.randrange(len(TOPICS))])
    return ("OK, but " if mood == "mild" else "") + text


def _clause(draw: random.Random, listed: str) -> str:
    clause = draw.choice(_split(listed))
    return clause.format_map({name: draw.choice(values) for name, values in SLOTS.items()})


@cache
def _split(listed: str) -> list[str]:
    return [one.strip() for one in re.split(r"[|\n]", listed) if one.strip()]


@cache
def _patterns() -> list[tuple[int, int, re.Pattern[str]]]:
    """Return for each topic and mood one pattern that finds any of its clauses, whatever fills the gaps."""
    either = {name: f"(?:{'|'.join(values)})" for name, values in SLOTS.items()}
    found = []
    for mood, pools in ((-1, (POOR, ENGLISH_POOR)), (1, (GOOD, ENGLISH_GOOD))):
        for topic in range(len(TOPICS)):
            listed = [clause.format_map(either) for pool in pools for clause in _split(pool[topic])]
            found.append((topic, mood, re.compile("|".join(listed))))
    return found
