"""Users, audit trail, settings and calendar, for administrators and auditors."""

import json

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from core.auth import actions, queries, settings_shown, skills
from core.auth.action_names import ACTION_NAMES
from core.auth.addresses import email_of
from core.auth.forms import DepartmentForm, EmailForm, RoleForm, SkillsForm, UserForm
from core.auth.roles import DESK
from core.auth.routes import ROUTES
from core.errors import InputError
from core.i18n import _, _l
from core.texts import clean_text
from core.web import database
from core.web import settings as current_settings

bp = Blueprint("admin", __name__, url_prefix="/admin")

PAGES = (
    ("admin.users", _l("Staff")),
    ("categories.index", _l("Categories")),
    ("severity.index", _l("Severity")),
    ("limits.index", _l("Time limits")),
    ("choices.index", _l("Desk lists")),
    ("admin.calendar", _l("Working days")),
    ("seasons.index", _l("Seasons")),
    ("outcomes.index", _l("Outcomes of calls")),
    ("message_templates.index", _l("Messages")),
    ("api_admin.index", _l("Other systems")),
    ("scheduler.index", _l("Scheduler")),
    ("admin.settings", _l("Values in force")),
    ("admin.audit", _l("Audit trail")),
)


@bp.context_processor
def admin_tabs() -> dict[str, object]:
    """The pages of this part that the reader may open."""
    return {
        "admin_tabs": [
            (url_for(endpoint), label, request.endpoint == endpoint or _is_within(endpoint))
            for endpoint, label in PAGES
            if current_user.role in ROUTES.get(endpoint, ())
        ]
    }


def _is_within(endpoint: str) -> bool:
    """A page with a blueprint of its own stands for everything in it."""
    return request.blueprint != bp.name and endpoint.partition(".")[0] == request.blueprint


@bp.get("")
def index() -> ResponseReturnValue:
    """Go to the first of these pages that the reader may open."""
    first = next(endpoint for endpoint, _label in PAGES if current_user.role in ROUTES[endpoint])
    return redirect(url_for(first), code=303)


@bp.get("/users")
def users() -> ResponseReturnValue:
    """List the staff."""
    with database().read() as session:
        rows = queries.users(session)
    return render_template("core/users.html", rows=rows)


@bp.route("/users/add", methods=["GET", "POST"])
def add_user() -> ResponseReturnValue:
    """Add a member of staff and show the one-time password once."""
    form = UserForm()
    if form.validate_on_submit():
        try:
            with database().begin() as session:
                user, secret = actions.add_user(
                    session,
                    name=form.name.data or "",
                    role=form.role.data,
                    display_name=form.display_name.data or "",
                    department=form.department.data or "",
                    actor=current_user.name,
                    now=g.now,
                )
        except InputError as error:
            form.name.errors = [str(error)]
        else:
            # Not a redirect: the secret would have to be kept somewhere on the way.
            return render_template("core/secret.html", user=user, secret=secret)
    return render_template("core/user_add.html", form=form), 422 if form.is_submitted() else 200


@bp.get("/users/<int(max=2147483647):user_id>")
def user(user_id: int) -> ResponseReturnValue:
    """Show one member of staff and what can be done."""
    return _user_page(user_id)


def _user_page(user_id: int, able: SkillsForm | None = None, place: DepartmentForm | None = None) -> str:
    with database().read() as session:
        found = queries.user(session, user_id)
        departments = queries.departments(session)
        done = queries.audit_page(session, {"subject": f"user:{found.name}"}, 1)
        email = EmailForm(email=email_of(session, found), prefix="notices")
        can, known = skills.skills_of(session, found), skills.known_skills(session)
    own = [entry for entry in done.entries if entry.subject == f"user:{found.name}"]
    if able is None:
        able = SkillsForm(
            formdata=None, languages=can["language"], skills=_(", ").join(can["skill"]), prefix="calls"
        )
    return render_template(
        "core/user.html",
        user=found,
        form=RoleForm(formdata=None, obj=found),
        email=email,
        place=place or DepartmentForm(formdata=None, department=found.department, prefix="place"),
        departments=departments,
        able=able if found.role in DESK else None,
        known=known,
        entries=own[:10],
        names=ACTION_NAMES,
    )


@bp.post("/users/<int(max=2147483647):user_id>/reset")
def reset_user(user_id: int) -> ResponseReturnValue:
    """Give a new one-time password and show it once."""
    with database().begin() as session:
        found = queries.user(session, user_id)
        secret = actions.reset_password(session, found, actor=current_user.name, now=g.now)
    return render_template("core/secret.html", user=found, secret=secret)


@bp.post("/users/<int(max=2147483647):user_id>/disable")
def disable_user(user_id: int) -> ResponseReturnValue:
    """Bar somebody from signing in."""
    return _set_active(user_id, False)


@bp.post("/users/<int(max=2147483647):user_id>/enable")
def enable_user(user_id: int) -> ResponseReturnValue:
    """Let somebody sign in again."""
    return _set_active(user_id, True)


@bp.post("/users/<int(max=2147483647):user_id>/role")
def change_role(user_id: int) -> ResponseReturnValue:
    """Give somebody another role."""
    form = RoleForm()
    if not form.validate():
        abort(422, _("Choose one of the roles of the list."))
    with database().begin() as session:
        found = queries.user(session, user_id)
        actions.change_role(session, found, form.role.data, actor=current_user.name, now=g.now)
    flash(_("The role was changed. %(name)s is signed out everywhere.", name=found.display_name), "success")
    return redirect(url_for("admin.user", user_id=user_id), code=303)


@bp.post("/users/<int(max=2147483647):user_id>/email")
def change_email(user_id: int) -> ResponseReturnValue:
    """Set where somebody gets notices."""
    form = EmailForm(prefix="notices")
    with database().begin() as session:
        found = queries.user(session, user_id)
        actions.change_email(session, found, form.email.data or "", actor=current_user.name, now=g.now)
    flash(_("The address was saved."), "success")
    return redirect(url_for("admin.user", user_id=user_id), code=303)


@bp.post("/users/<int(max=2147483647):user_id>/department")
def change_department(user_id: int) -> ResponseReturnValue:
    """Write down where somebody works now."""
    form = DepartmentForm(prefix="place")
    if not form.validate():
        return _user_page(user_id, place=form), 422
    with database().begin() as session:
        found = queries.user(session, user_id)
        actions.change_department(
            session, found, form.department.data or "", actor=current_user.name, now=g.now
        )
    flash(_("The department was saved."), "success")
    return redirect(url_for("admin.user", user_id=user_id), code=303)


@bp.post("/users/<int(max=2147483647):user_id>/skills")
def change_skills(user_id: int) -> ResponseReturnValue:
    """Write down which languages somebody speaks and what else the person can do at the phone."""
    form = SkillsForm(prefix="calls")
    try:
        if not form.validate():
            return _user_page(user_id, form), 422
        with database().begin() as session:
            skills.change_skills(
                session,
                queries.user(session, user_id),
                languages=form.languages.data or (),
                skills=form.skills.data or "",
                actor=current_user.name,
                now=g.now,
            )
    except InputError as error:
        form.skills.errors = [str(error)]
        return _user_page(user_id, form), error.status
    flash(_("What the person can do was saved."), "success")
    return redirect(url_for("admin.user", user_id=user_id), code=303)


def _set_active(user_id: int, active: bool) -> ResponseReturnValue:
    with database().begin() as session:
        found = queries.user(session, user_id)
        actions.set_active(session, found, active, actor=current_user.name, now=g.now)
    if active:
        flash(_("%(name)s can sign in again.", name=found.display_name), "success")
    else:
        flash(_("%(name)s can no longer sign in.", name=found.display_name), "success")
    return redirect(url_for("admin.user", user_id=user_id), code=303)


@bp.get("/audit")
def audit() -> ResponseReturnValue:
    """Show the audit trail."""
    where = {name: clean_text(request.args.get(name, ""), 80) for name in ("action", "subject", "actor")}
    with database().read() as session:
        found = queries.audit_page(session, where, request.args.get("page", 1, type=int))
    details = {entry.seq: json.loads(entry.detail) for entry in found.entries}
    return render_template("core/audit.html", found=found, where=where, details=details, names=ACTION_NAMES)


@bp.get("/settings")
def settings() -> ResponseReturnValue:
    """Show the settings in force; they are changed in the environment, never here."""
    return render_template("core/settings.html", groups=settings_shown.groups(current_settings()))
