"""Who may see what. Every route stands in ``ROUTES``; one that does not is refused."""

import enum


class Role(enum.StrEnum):
    """The six kinds of staff."""

    ADMIN = "admin"
    OFFICER = "officer"
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ANALYST = "analyst"
    AUDITOR = "auditor"


PUBLIC: frozenset[Role] = frozenset()  # stands for: nobody needs to sign in
STAFF = frozenset(Role)
CASES = frozenset({Role.ADMIN, Role.OFFICER, Role.SUPERVISOR})
DESK = frozenset({Role.AGENT, Role.SUPERVISOR})
LEADS = frozenset({Role.SUPERVISOR, Role.ADMIN})
ANALYSIS = frozenset({Role.ANALYST, Role.SUPERVISOR, Role.ADMIN})
READERS = frozenset({Role.ADMIN, Role.SUPERVISOR, Role.AUDITOR})
ADMINS = frozenset({Role.ADMIN})

# endpoint -> roles; the methods of a route share its roles.
ROUTES: dict[str, frozenset[Role]] = {
    "static": PUBLIC,
    "bootstrap.static": PUBLIC,
    "look.brand": PUBLIC,
    "look.favicon": PUBLIC,
    "auth.login": PUBLIC,
    "auth.logout": STAFF,
    "auth.account": STAFF,
    "auth.password": STAFF,
    "auth.choose_language": STAFF,
    "admin.index": READERS,
    "admin.users": ADMINS,
    "admin.add_user": ADMINS,
    "admin.user": ADMINS,
    "admin.reset_user": ADMINS,
    "admin.disable_user": ADMINS,
    "admin.enable_user": ADMINS,
    "admin.change_role": ADMINS,
    "admin.audit": READERS,
    "admin.settings": ADMINS | {Role.AUDITOR},
    "admin.calendar": ADMINS,
    "admin.remove_day": ADMINS,
    "outbox.index": LEADS,
    "outbox.message": ADMINS,
    "outbox.confirm_sent": LEADS,
    "outbox.send_again": LEADS,
    "receipts.take_over": PUBLIC,
    "respond.style": PUBLIC,
    "respond.script": PUBLIC,
    "respond.survey": PUBLIC,
    "respond.answer": PUBLIC,
    "respond.seen": PUBLIC,
    "respond.thanks": PUBLIC,
    "respond.stop": PUBLIC,
    "respond.stop_for_good": PUBLIC,
    "contact_ledger.contact": CASES | {Role.AUDITOR},
    "contact_ledger.stop": CASES,
    "contact_ledger.allow": ADMINS,
    "open_page.page": PUBLIC,
    "open_page.answer": PUBLIC,
    "open_page.thanks": PUBLIC,
    "invitations.index": ANALYSIS,
    "invitations.invitation": LEADS,
    "invitations.revoke": LEADS,
    "invitations.replace": LEADS,
    "open_links.index": ANALYSIS,
    "open_links.new": ANALYSIS,
    "open_links.link": ANALYSIS,
    "open_links.edit": ANALYSIS,
    "open_links.close": ANALYSIS,
    "open_links.reopen": ANALYSIS,
    "open_links.picture": ANALYSIS,
    "open_links.sheet": ANALYSIS,
    "questionnaires.index": STAFF,
    "questionnaires.questionnaire": STAFF,
    "questionnaires.preview": STAFF,
    "interchange.upload": ANALYSIS,
    "interchange.check": ANALYSIS,
    "interchange.version_file": STAFF,
    "interchange.draft_file": ANALYSIS,
    "exports.answers": ADMINS | {Role.ANALYST},
    "editor.new": ANALYSIS,
    "editor.start": ANALYSIS,
    "editor.edit": ANALYSIS,
    "editor.title": ANALYSIS,
    "editor.undo": ANALYSIS,
    "editor.discard": ANALYSIS,
    "editor.start_from": ANALYSIS,
    "editor_items.choose": ANALYSIS,
    "editor_items.add": ANALYSIS,
    "editor_items.item": ANALYSIS,
    "editor_items.preview": ANALYSIS,
    "editor_items.act": ANALYSIS,
    "editor_groups.add_section": ANALYSIS,
    "editor_groups.section": ANALYSIS,
    "editor_groups.section_act": ANALYSIS,
    "editor_groups.add_matrix": ANALYSIS,
    "editor_groups.matrix": ANALYSIS,
    "editor_groups.matrix_act": ANALYSIS,
    "editor_preview.tab": ANALYSIS,
    "editor_preview.frame": ANALYSIS,
    "editor_texts.translations": ANALYSIS,
    "editor_texts.languages": ANALYSIS,
    "editor_texts.rules": ANALYSIS,
    "editor_texts.rule": ANALYSIS,
    "editor_publish.publish": ANALYSIS,
    "editor_publish.versions": STAFF,
    "editor_publish.diff": STAFF,
    "paper.setup": ANALYSIS,
    "paper.sheets": ANALYSIS,
    "paper.sample": ANALYSIS,
    "callbacks.index": DESK | ADMINS,
    "callbacks.pull": DESK,
    "callbacks.desk": DESK,
    "callbacks.save": DESK,
    "callbacks.reveal": DESK,
    "callbacks.heartbeat": DESK,
    "callbacks.release": DESK,
    "callbacks.decide": LEADS,
    "rules.index": LEADS,
    "rules.new": LEADS,
    "rules.edit": LEADS,
    "rules.switch": LEADS,
    "rules.move": LEADS,
    "health.alive": PUBLIC,
    "health.ready": PUBLIC,
    "today.index": STAFF,
    "cases.index": CASES | {Role.AUDITOR},
    "cases.detail": CASES | {Role.AUDITOR},
    "cases.new": CASES,
    "cases.edit": CASES,
    "cases.reveal": CASES,
    "case_steps.assign": CASES,
    "case_steps.accept": CASES,
    "case_steps.resume": CASES,
    "case_steps.wait": CASES,
    "case_steps.give_back": CASES,
    "case_steps.close": CASES,
    "case_steps.approve": CASES,
    "case_steps.reject": CASES,
    "case_steps.cancel": CASES,
    "case_steps.merge": CASES,
    "case_steps.note": CASES,
    "case_steps.reopen": LEADS,
    "case_steps.decide": LEADS,
    "case_import.upload": CASES,
    "case_import.check": CASES,
    "case_import.errors": CASES,
    "analysis.index": ANALYSIS,
    "analysis.chart": ANALYSIS,
    "analysis.data_json": ANALYSIS,
    "analysis.data_csv": ANALYSIS,
    "analysis.method": ANALYSIS,
}

# What a new member of staff can open before choosing a password of their own.
BEFORE_PASSWORD_CHANGE = frozenset({"auth.password", "auth.logout", "auth.choose_language"})
# Pages that browsers fetch by themselves; they do not keep a session alive.
BACKGROUND: frozenset[str] = frozenset()
