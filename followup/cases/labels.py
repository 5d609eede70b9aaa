"""The words people see for the codes of the case register."""

from core.i18n import _l

KIND = {
    "complaint": _l("Complaint"),
    "suggestion": _l("Suggestion"),
    "inquiry": _l("Inquiry"),
    "praise": _l("Praise"),
    "repair": _l("Repair"),
}
SEVERITY = {
    "minor": _l("Minor"),
    "normal": _l("Normal"),
    "serious": _l("Serious"),
    "urgent": _l("Urgent"),
}
SEVERITY_TONE = {"minor": "neutral", "normal": "neutral", "serious": "warn", "urgent": "bad"}
STATE = {
    "registered": _l("Registered"),
    "assigned": _l("Assigned"),
    "in_progress": _l("In progress"),
    "waiting_customer": _l("Waiting for the customer"),
    "close_review": _l("Waiting for review"),
    "closed": _l("Closed"),
    "reopen_requested": _l("Reopening requested"),
    "reopened": _l("Reopened"),
    "cancelled": _l("Cancelled"),
    "merged": _l("Merged"),
    "archived": _l("Archived"),
}
STATE_TONE = {
    "registered": "info",
    "assigned": "info",
    "in_progress": "neutral",
    "waiting_customer": "neutral",
    "close_review": "warn",
    "closed": "good",
    "reopen_requested": "bad",
    "reopened": "warn",
}
CHANNEL = {
    "phone": _l("Phone"),
    "hotline": _l("12345 hotline"),
    "email": _l("E-mail"),
    "web": _l("Web form"),
    "social": _l("Social media"),
    "counter": _l("Service counter"),
    "visit": _l("Visit"),
    "letter": _l("Letter"),
    "import": _l("Import"),
    "other": _l("Other way"),
    "wechat": _l("WeChat"),  # of cases from before; new ones are social media
}
LINK = {
    "duplicate": _l("Same matter"),
    "repeat": _l("Repeat"),
    "related": _l("Related"),
}
CLOSE_REASON = {
    "solved": _l("Solved"),
    "explained": _l("Explained to the customer"),
    "partly_solved": _l("Partly solved"),
    "not_ours": _l("Not our responsibility"),
    "not_justified": _l("Not justified"),
    "withdrawn": _l("Withdrawn by the customer"),
    "duplicate": _l("Duplicate"),
    "unreachable": _l("Customer not reachable"),
}
CAUSE = {
    "dissatisfied": _l("Dissatisfied"),
    "unresolved": _l("Not solved"),
    "both": _l("Dissatisfied and not solved"),
}
GROUP = {  # the filter offers groups before single states
    "open": _l("All open"),
    "overdue": _l("Overdue"),
    "warned": _l("Nearly due"),
    "escalated": _l("Escalated"),
    "no_limit": _l("Without a limit"),
    "repeat": _l("Repeats"),
}
EVENT = {
    "register": _l("Registered"),
    "assign": _l("Assigned"),
    "return": _l("Returned to the register"),
    "accept": _l("Work started"),
    "first_answer": _l("First answer to the customer"),
    "wait": _l("Waiting for the customer"),
    "resume": _l("Work continued"),
    "request_closing": _l("Closing requested"),
    "approve": _l("Closed"),
    "reject": _l("Closing rejected"),
    "request_reopen": _l("The customer's answer asks to reopen"),
    "reopen": _l("Reopened"),
    "agree": _l("Reopen request accepted"),
    "decline": _l("Reopen request declined"),
    "withdraw": _l("Reopen request withdrawn: the call was undone"),
    "archive": _l("Archived"),
    "cancel": _l("Cancelled"),
    "merge": _l("Merged into another case"),
    "undo_import": _l("Import undone"),
    "link": _l("Linked to another case"),
    "unlink": _l("Link to another case taken away"),
    "file_added": _l("File added"),
    "file_removed": _l("File removed"),
    "notice_printed": _l("Notice of the result printed"),
}
