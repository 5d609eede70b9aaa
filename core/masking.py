"""What identifies a person is hidden in free words before anybody reads, counts or publishes them.

Patterns find what has a form: numbers, addresses of mail, plates, and names that are announced as such. A
name that merely stands in a sentence has no form; the pages say so.
"""

import re

from core.logs import redact

HIDDEN = "***"
MOST_ROUNDS = 5

# Signs that nobody sees: between digits or letters they would only hide a number from the patterns.
_UNSEEN = re.compile(r"[\u00ad\u200b\u200e\u200f\u2060-\u2064\u180e]|(?<=\w)[\u200c\u200d](?=\w)")
_HAN = "\u4e00-\u9fff"
_DIGIT_WORDS = "零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖"
_DIGIT = rf"[\d{_DIGIT_WORDS}①-⑨⓪⑴-⑼]"
_GAP = r"[^\S\n]"  # any blank that does not end the line
_DASH = "\\-\u2010-\u2015\u2212－﹣"
_PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新港澳使领"
_LETTER, _LETTER_OR_DIGIT = "A-HJ-ZＡ-ＨＪ-Ｚ", "A-HJ-NP-Z0-9Ａ-ＨＪ-ＮＰ-Ｚ０-９"
_FAMILY = (  # the hundred commonest, and those of two signs; of few that are common words as well
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
    "钟谭陆汪范石廖贾夏韦付傅邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔汤"
)
_DOUBLE = "欧阳|上官|司马|诸葛|司徒|东方|皇甫|尉迟|公孙|慕容|令狐|夏侯|端木"
_SURNAME = f"(?:{_DOUBLE}|[{_FAMILY}])"
_NAME = f"(?:(?:{_DOUBLE})[{_HAN}]{{1,2}}|[{_HAN}]{{2,4}}·[{_HAN}·]{{1,8}}|[{_HAN}]{{2,3}})"
# A surname before a title. What ends a common word is none: 感谢师傅, 上周师傅, 如何, 信任, 应付, 工程.
_GUARDED = (
    f"(?:{_DOUBLE}|(?<![感多谢])谢(?!谢)|(?<![上下一二两三四五六七八九十每本这那几数半整\\d])周(?!到)"
    "|(?<![如任为几])何|(?<![责信主担现前后])任|(?<![也允或准])许|(?<![不未])曾|(?<![工过全流里章])程|(?<![规示模])范"
    "|(?<![时阶路工一这那])段|(?<![收给交付退要花块多])钱|(?<![其多剩])余|(?<![照回兼不])顾|(?<![紧一慌夸])张"
    "|(?<![提水平很更最不较太])高|(?<![关由对至属等处终位在])于|(?<![明表坦空不别])白|(?<![地对官双多各])方"
    "|(?<![日经正平非异])常|(?<![水])龙(?!头)|(?<![历])史|(?<![长千])江|(?<![一千万上])万"
    f"|[{_FAMILY.translate(str.maketrans('', '', '谢周何任许曾程范段钱余顾张龙史江万付傅'))}])"
)
_POLITE = "先生|女士|小姐|太太|阿姨|大爷|大妈|大娘"
_TITLE = "大姐|大哥|大叔|叔叔|爷爷|奶奶|师傅|师父|老师|经理|主任|站长|科长|队长|班长|所长"
_ROLE = "师傅|维修[员工]|接线员|客服|收费员|工作人员|网格员|管家|电工|经理|主任|站长|班长"
# A given name of one or two signs: no sign that makes a word or a sentence of it (马上, 周末, 何时, 许久).
_NO_GIVEN = (
    "上到时何下里外面们年月日周天点分后前久才就都也还不没很太再又来去说是有无的了在叫找把被给让请"
    "那这位个名两几末"
)
_GIVEN = f"(?:(?![{_NO_GIVEN}])[{_HAN}])"
_WORD = (
    "谢[谢意]|严[格厉肃重谨]|马虎|任[性劳意务]|曾经|程序|范围|许[诺可]|黄牛|江湖|石头|毛[病糙]|万[一分]"
    "|周[全期]|顾[客及虑]|武断|万能"
)
_SMALL = "程序|(?<=是小)[钱孔]|龙[头虾]|江[湖南]|苏打|陈醋|李子|万元"  # 小程序, 小钱, 老江湖: no names
_NO_ROOM = (
    r"(?![\d.]|\s?[度元块年月日天次人分个平米㎡斤户多来℃%％号楼兆吨瓦伏升]|\s?(?:小时|方(?!便)|家(?![里中])"
    r"|左右|余[元块户人]|立方|公斤|毫升|[mM][2²]|[kK]?[VvWw](?![A-Za-z])))"
)
# Days and pairs of years are no numbers of anybody: 2026-11-22, 2025-2026.
_NO_DAY = r"(?!(?:19|20)\d\d[-–—./](?:(?:19|20)\d\d|\d{1,2}[-./]\d{1,2})(?!\d))"
_ROOM = r"(?:[\d零〇一二三四五六七八九十百]{3,5})"
_BEFORE = [  # what redact would cut in two
    re.compile(
        r"(?<![\dA-Za-z])[1-9]\d{5}[ -]?(?:18|19|20)\d{6}[ -]?\d{3}[\dXxｘＸХх](?![\dA-Za-z])"
    ),  # 18 signs
    re.compile(r"(?<![\dA-Za-z])\d{15}(?![\dA-Za-z])"),  # an old identity number
    re.compile(r"(?<!\d)\d{4}(?:[ -]\d{4}){2,3}(?:[ -]\d{1,4})?(?!\d)"),  # a bank card in groups
    re.compile(
        r"(?<!\d)[1１][3-9３-９]\d[^\w]{0,3}_?\d{4}[^\w]{0,3}_?\d{4}(?!\d)"
    ),  # a mobile, however divided
    re.compile(r"[\w.+-]+[@＠][\w-]+(?:[.．。][\w-]+)+"),
    re.compile(r"\b[\w.+-]+\s+at\s+[\w-]+(?:\s+dot\s+|\.)(?:com|cn|net|org)\b", re.IGNORECASE),
]
_AFTER = [
    re.compile(
        rf"[{_PROVINCES}]\s?[{_LETTER}]\s?[·•.{_DASH}]?\s?[{_LETTER_OR_DIGIT}]{{5,6}}(?![A-Za-z0-9])",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?<!{_DIGIT}){_NO_DAY}(?:{_DIGIT}(?:{_GAP}|[{_DASH}·.]){{0,2}}){{6,}}{_DIGIT}"
    ),  # any other long number
    re.compile(rf"(?:[{_DIGIT_WORDS}]{{3,4}}[，,、 ]){{2}}[{_DIGIT_WORDS}]{{3,5}}"),  # read out in groups
]
# The word before stays, what follows goes. First names beside a title or a role, if there is one.
_ANY_TITLE = re.compile(f"{_POLITE}|{_TITLE}|{_ROLE}|[叫姓是][小老]")
_TITLED = [
    re.compile(rf"(){_GUARDED}{_GIVEN}{{0,2}}(?={_POLITE})"),
    re.compile(rf"(){_GUARDED}(?={_TITLE})"),
    re.compile(  # a whole name before a title, where a sentence or a part of it begins
        rf"((?:^|[，。,；;！!？?：:\s（(]|联系|感谢|谢谢|表扬|投诉|点赞|[找叫让请由是给]))(?!{_WORD})"
        rf"{_SURNAME}{_GIVEN}{{1,2}}(?={_TITLE})",
        re.MULTILINE,
    ),
    re.compile(  # the title stays: 维修工王建国, 客服小张
        rf"((?:{_ROLE})(?:名?叫|是|[:：])?)(?!{_WORD}|傅){_SURNAME}{_GIVEN}{{1,2}}"
        rf"(?=[，。,；;、！!？?\s）)]|$|态度|服务|上门|[来没很修说的是给帮])",
        re.MULTILINE,
    ),
    re.compile(
        rf"((?:{_ROLE}|[叫姓是])[小老])(?!毛[病驴]|顾客|范围|马达|石[头子]|段|周期|黄|傅|{_SMALL}){_SURNAME}"
    ),
]
_NAMED = [
    re.compile(
        r"((?:户号|用户号|户头|缴费号|卡号|账号|帐号|编号|用户编号|合同号|表号)[是为:：\s]{0,3})[A-Za-z0-9\-]{3,}"
    ),
    re.compile(
        r"(\b(?:household|account|customer|meter|contract)\s*(?:no\.?|number|id|#)?\s*(?:is|:|=)?\s*)"
        r"(?=[A-Za-z\-]*\d)[A-Za-z0-9\-]{3,}",
        re.IGNORECASE,
    ),
    re.compile(r"((?:微信号?|(?:\bqq|\bvx|\bwx)号?)[是为:：\s]{0,3})[A-Za-z0-9][\w\-]{4,}", re.IGNORECASE),
    re.compile(r"(\b(?:wechat|whatsapp|skype)(?:\s+id)?[\s:]{1,3})(?=[\w\-]*[\d_])[\w\-]{4,}", re.IGNORECASE),
    re.compile(r"((?:身份证|护照)(?:号码?)?[是为:：\s]{0,3})[A-Za-z0-9]{6,}"),
    re.compile(r"((?:尾号|后四位)[是为:：\s]{0,3})\d{3,6}"),
    re.compile(rf"((?:姓名|名字|联系人|户主)(?:叫|是|为|[:：\s]){{1,3}}[“「\"]?){_NAME}[{_HAN}]?"),
    re.compile(
        rf"((?:姓名|名字|联系人|户主|本人|我是)){_SURNAME}(?:(?![的了在])[{_HAN}]){{1,2}}(?![{_HAN}])"
    ),
    re.compile(
        rf"((?:我叫|我的名字是|我的名字叫)[\s:：“「\"]{{0,3}})(?![了你他她它人过来去几两三四好]){_NAME}"
    ),
    re.compile(rf"((?:我姓|免贵姓|敝姓)\s?)(?!名)(?:{_DOUBLE}|[{_HAN}])"),
    re.compile(
        r"((?i:\bmy name(?:'s| is)|\bi am called|\bname\s*:)\s+)"
        r"(?:[A-Z][\w'’-]*(?:\s+[A-Z][\w'’-]*){0,2}"
        r"|[\w'’-]+(?:\s+(?!(?:and|but|i|my|the|we|you|from|in|at|on|of|so|please|not|is)\b)[\w'’-]+)?)"
    ),
    re.compile(r"(\b(?:Mr|Mrs|Ms|Miss|Dr)\.?\s+)(?:(?:van|von|de|der|la|al)\s+)*[A-Z][\w'’-]+"),
    re.compile(r"(\b(?i:mr|mrs|ms)\b\.?\s+)[\w'’-]+"),
    re.compile(
        r"()[\d一二三四五六七八九十]{1,4}(?:号楼|栋|幢)\s?(?:[\dA-Za-z一二三四五六七八九十]{1,3}单元)?\s?"
        rf"{_ROOM}(?:室|号|户)?"
    ),
    re.compile(r"()\d{1,4}号\s?(?:院\s?)?\d{3,4}(?:室|户)"),
    re.compile(r"()(?<![\d.])\d{3,4}(?=室(?![温内外友])|的(?:住户|业主|邻居))"),
    re.compile(
        r"((?:家?住在?|家在|我家是?|住址是?|门牌号?是?|房号是?)[:：\s]?(?:[\d一二三四五六七八九十]{1,2}[楼层]的?)?)"
        rf"\d{{3,4}}{_NO_ROOM}"
    ),
    re.compile(rf"((?<!\d)[\d一二三四五六七八九十]{{1,2}}[楼层]的?\s?)\d{{3,4}}{_NO_ROOM}"),
    re.compile(rf"()[\dA-Za-z一二三四五六七八九十]{{1,3}}单元\s?(?:\d{{2,4}}|{_ROOM})(?:室|号|户)?"),
    re.compile(
        rf"()(?<![\d.{_DASH}])\d{{1,3}}[{_DASH}]\d{{1,2}}[{_DASH}](?!(?:19|20)\d\d)\d{{3,4}}(?![\d{_DASH}])"
    ),
    re.compile(rf"()(?<!\d)\d{{1,3}}[#＃]\s?[{_DASH}]?\d{{3,4}}(?!\d)"),
    re.compile(
        r"()\b(?:[Ff]lat|[Aa]partment|[Aa]pt\.?|[Uu]nit|[Rr]oom\s+[Nn]o\.?|[Rr]oom(?=\s+\d{3}))\s+\d+[A-Za-z]?\b|()\b\d{1,4}[A-Za-z]?,?\s+"
        r"(?:[A-Z][a-z]+\s+){1,2}(?:Street|Road|Avenue|Lane|Drive|Close|Court|St|Rd|Ave)\b"
    ),
    re.compile(r"()\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b"),  # a postcode of a few houses
]


def mask(text: str) -> str:
    """Hide numbers, mail addresses, plates and announced names; the rest stays as it was written."""
    text = _UNSEEN.sub("", text)
    for _again in range(MOST_ROUNDS):  # what one pattern leaves may be what another looks for
        masked = _once(text)
        if masked == text:
            break
        text = masked
    return text


def _once(text: str) -> str:
    for pattern in _BEFORE:
        text = pattern.sub(HIDDEN, text)
    text = redact(text)
    for pattern in [*_TITLED, *_NAMED] if _ANY_TITLE.search(text) else _NAMED:
        text = pattern.sub(rf"\g<1>{HIDDEN}", text)
    for pattern in _AFTER:
        text = pattern.sub(HIDDEN, text)
    return text
