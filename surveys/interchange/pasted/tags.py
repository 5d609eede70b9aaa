"""The marks in a stem: what kind of question it is, and whether it must be answered."""

import re
from dataclasses import dataclass

_KINDS = {
    "single": "单选题 单选 单项选择题 单项选择 选择题 下拉框 下拉题 下拉单选 "
    "下拉选择题 下拉单选题 评分单选 测试题 情景题",
    "multiple": "多选题 多选 多项选择题 多项选择 不定项选择题 评分多选 测试多选题 多选题组",
    "judge": "判断题 判断 是非题",
    "scale": "量表题 量表 评分题 评分 打分题 打分 反向量表题 满意度题 星级题 评价题",
    "nps": "NPS NPS题 NPS量表 NPS量表题 净推荐值 净推荐值题 推荐题",
    "slider": "滑动条 滑块题 滑动条题 滑块",
    "text": "填空题 填空 单项填空题 单行填空题 简答题 问答题 文本题 单行文本题 多行文本题 主观题 "
    "开放题 开放题目 单项填空 测试填空题 测试简答题 多行填空题 考试填空题",
    "blanks": "多项填空题 多项填空 考试多项填空 考试完形填空 完形填空 多空填空题",
    "line": "手机 手机题 手机号 手机号码 电话 邮箱 邮箱题 姓名 姓名题 地址 地址题 身份证号 时间 时间题",
    "number": "数字 数字题 数值题 数值 整数题 小数题",
    "date": "日期 日期题 日期选择题",
    "matrix_scale": "矩阵量表题 矩阵量表 矩阵反向量表题 矩阵打分题 矩阵评分题",
    "matrix_single": "矩阵单选题 矩阵单选 矩阵题 矩阵下拉题 表格下拉题",
    "matrix_multiple": "矩阵多选题 矩阵多选",
    "matrix_text": "矩阵填空题 矩阵填空 表格填空题 矩阵文本题",
    "paragraph": "段落说明 段落 说明 文字描述 段落题",
    "page": "分页 分页栏 分页符",
    "left_out": "排序题 排序 比重题 比重 文件上传 上传题 文件题 图片上传题 绘图题 签名题 手写签名 "
    "多级下拉题 级联题 商品题 表格题 表格数值题 表格文本题 自增表格题 定位题 地图题 热力图 "
    "热图题 循环评价 轮播图 投票题 联合分析 知情同意书 预约题 "
    "标签 矩阵滑动条 矩阵比重题 矩阵排序题",
}
KINDS = {name: kind for kind, names in _KINDS.items() for name in names.split()}
_OPEN, _CLOSE = r"[\[【〔［(（]", r"[\]】〕］)）]"
_TAG = re.compile(
    rf"\s*{_OPEN}\s*({'|'.join(sorted(map(re.escape, KINDS), key=len, reverse=True))})\s*{_CLOSE}",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(r"\s*[\[【［]\s*([\u4e00-\u9fff]{2,10}题)\s*[\]】］]")
_OPTIONAL = re.compile(rf"\s*{_OPEN}\s*(?:选填|选答|选答题|可选|非必填|非必答)\s*{_CLOSE}")
_REQUIRED = re.compile(rf"\s*{_OPEN}\s*(?:必填|必答|必答题|必须填|不能为空|必选)\s*{_CLOSE}")
_STAR = re.compile(r"^\s*[*＊]\s*|\s*[*＊]\s*$|[*＊](?=\s*$)")
_NUMBER = re.compile(
    r"^\s*(?:[QＱq]|第)?\s*(\d{1,4})\s*(?:题\s*[.．、:：]?|[.．、:：)）](?!\d)|(?=[\[【]))\s*"
)
_PARTS = re.compile(
    r"^\s*(?:[一二三四五六七八九十]{1,3}\s*[、.．]|第[一二三四五六七八九十\d]{1,3}(?:部分|章|节)\s*[：:、.．]?)\s*\S"
)
_PAGE = re.compile(r"^\s*=+\s*分页.*=+\s*$|^\s*[\[【]分页[栏符]?[\]】]\s*$")
PAGE_OR_LINE = re.compile(r"^\s*[=＝\-—_*]{3,}\s*$")


@dataclass(frozen=True, slots=True)
class Stem:
    """A line that begins a question."""

    number: int | None
    text: str
    kind: str  # a value of KINDS, "unknown", or "" where nothing says it
    named: str = ""  # the mark as it stood
    required: bool | None = None  # None where nothing says it


def stem_of(line: str) -> Stem:
    """Take a line apart: number, words, kind, whether it must be answered."""
    number = _NUMBER.match(line)
    text = line[number.end() :] if number else line.strip()
    kind, named = "", ""
    tag = _last(_TAG, text)
    if tag:
        named, kind = tag[1], KINDS.get(tag[1]) or KINDS.get(tag[1].upper(), "")
    else:
        tag = _last(_UNKNOWN, text)
        if tag:
            named, kind = tag[1], "unknown"
    if tag:
        text = text[: tag.start()] + text[tag.end() :]
    required: bool | None = None
    for pattern, value in ((_OPTIONAL, False), (_REQUIRED, True), (_STAR, True)):
        if pattern.search(text):
            text = pattern.sub("", text, count=1)
            required = value if required is None else required
    return Stem(int(number[1]) if number else None, text.strip(), kind, named, required)


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    return next(reversed(list(pattern.finditer(text))), None)


def is_part(line: str) -> bool:
    """Tell whether a line heads a part: 一、基本情况."""
    return len(line) <= 60 and bool(_PARTS.match(line)) and not _TAG.search(line)


def is_page(line: str) -> bool:
    """Tell whether a line breaks the page."""
    return bool(_PAGE.match(line))
