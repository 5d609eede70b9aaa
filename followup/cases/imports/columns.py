"""The columns of a case file and the words in them, in English and in Chinese."""

from collections.abc import Mapping

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "external_id": (
        "工单号",
        "工单编号",
        "案件号",
        "案件编号",
        "编号",
        "外部编号",
        "派工单号",
        "case number",
    ),
    "kind": ("类型", "工单类型", "业务类型", "诉求类型", "type"),
    "title": ("标题", "主题", "工单标题", "诉求标题", "subject"),
    "description": ("描述", "内容", "诉求内容", "内容描述", "问题描述", "详情", "详细内容"),
    "severity": ("严重程度", "紧急程度", "紧急", "等级", "优先级", "priority"),
    "category": ("分类", "类别", "问题分类", "诉求分类"),
    "service_type": ("服务类型", "业务", "专业", "service type", "service"),
    "district": ("区域", "片区", "辖区", "所属区域", "行政区", "区县"),
    "department": ("部门", "责任部门", "承办部门", "承办单位", "责任单位", "所属单位", "处理部门"),
    "handler": ("经办人", "处理人", "办理人", "承办人", "责任人"),
    "channel": ("渠道", "来源渠道", "受理渠道", "来源", "受理方式"),
    "name": ("姓名", "客户姓名", "联系人", "用户姓名", "客户", "customer", "customer name"),
    "phone": ("电话", "联系电话", "手机", "手机号", "手机号码", "客户电话", "mobile", "telephone"),
    "phone2": ("备用电话", "电话2", "其他电话", "second phone"),
    "email": ("邮箱", "电子邮箱", "电子邮件", "e-mail"),
    "address": ("地址", "用户地址", "住址", "联系地址", "用热地址"),
    "household": ("户号", "用户编号", "用户号", "客户编号", "household number"),
    "language": ("语言",),
    "registered_at": ("登记时间", "受理时间", "登记日期", "受理日期", "创建时间", "registered", "created"),
    "due_at": ("办理时限", "时限", "到期时间", "截止时间", "due"),
    "closed_at": ("办结时间", "关闭时间", "结案时间", "办结日期", "完成时间", "closed"),
    "result": ("处理结果", "办理结果", "处理情况", "办理情况", "结果"),
    "close_reason": ("关闭原因", "办结原因", "结案原因", "办结方式", "close reason"),
    "status": ("状态", "工单状态", "办理状态", "state"),
}
REQUIRED = ("external_id", "kind", "title")
PERSONAL = frozenset(
    {"name", "phone", "phone2", "email", "address", "household", "title", "description", "result"}
)

VALUES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "kind": {
        "complaint": ("投诉", "投诉举报", "诉求"),
        "suggestion": ("建议", "意见建议"),
        "inquiry": ("咨询", "求助", "enquiry", "question"),
        "praise": ("表扬", "感谢"),
        "repair": ("报修", "维修", "故障"),
    },
    "severity": {
        "minor": ("轻微", "低", "low"),
        "normal": ("一般", "普通", "中", "medium"),
        "serious": ("严重", "重大", "较重", "高", "high", "重要"),
        "urgent": ("紧急", "特急", "非常紧急", "critical", "加急"),
    },
    "channel": {
        "phone": ("电话", "来电", "客服电话"),
        "web": ("网站", "网上", "网络", "网上表单", "website", "web form"),
        "social": ("微信", "公众号", "小程序", "微博", "抖音", "社交媒体", "wechat", "social media"),
        "counter": ("营业厅", "窗口", "柜台", "现场"),
        "visit": ("上门", "走访"),
        "hotline": ("12345", "热线", "市长热线", "政务热线"),
        "email": ("邮件", "电子邮件"),
        "letter": ("信函", "来信", "书信"),
        "import": ("导入",),
        "other": ("其他", "其它"),
    },
    "status": {
        "registered": ("已登记", "登记", "待派单", "新建", "new", "open"),
        "assigned": ("已派单", "待接单", "已分派"),
        "in_progress": ("处理中", "办理中", "in progress"),
        "waiting_customer": ("等待客户", "待用户", "waiting"),
        "closed": ("已办结", "办结", "已关闭", "关闭", "已完成", "完成", "结案", "done", "resolved"),
        "cancelled": ("已取消", "取消", "作废", "canceled"),
    },
    "close_reason": {
        "solved": ("已解决", "解决"),
        "explained": ("已解释", "解释说明", "已答复"),
        "partly_solved": ("部分解决",),
        "not_ours": ("非本单位责任", "非我方责任", "不属实责任"),
        "not_justified": ("诉求不合理", "不属实"),
        "withdrawn": ("客户撤诉", "撤诉", "客户撤销"),
        "duplicate": ("重复", "重复工单"),
        "unreachable": ("无法联系", "联系不上"),
    },
    "language": {"zh_Hans": ("中文", "汉语", "zh", "zh-cn"), "en": ("英文", "英语", "english")},
}


def _plain(text: str) -> str:
    return " ".join(text.replace("_", " ").split()).casefold()


_COLUMN_OF = {_plain(name): column for column, names in COLUMNS.items() for name in (column, *names)}
_VALUE_OF = {
    (column, _plain(name)): value
    for column, values in VALUES.items()
    for value, names in values.items()
    for name in (value, *names)
}


def column_of(heading: str) -> str | None:
    """Return our column for a heading, or None."""
    return _COLUMN_OF.get(_plain(heading))


def value_of(column: str, found: str) -> str | None:
    """Return our code for a word in one of the columns with a fixed list, or None."""
    return _VALUE_OF.get((column, _plain(found)))
