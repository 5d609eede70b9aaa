"""Signing in and out, one's own account."""

import logging
from datetime import datetime, timedelta
from math import ceil

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from core.auth import actions, passwords, queries, signin, throttle
from core.auth.addresses import email_of
from core.auth.forms import AccountForm, LoginForm, PasswordForm
from core.auth.models import User
from core.errors import InputError
from core.i18n import LANGUAGES, _, named
from core.installation import recall
from core.web import database

bp = Blueprint("auth", __name__)
log = logging.getLogger("huifang.auth")


@bp.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    """Sign in."""
    target = signin.local_path(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(target, code=303)
    form, message, status, headers = LoginForm(), "", 200, {}
    if form.is_submitted():
        status = 422
        if form.validate():
            name, address = form.name.data or "", signin.client_address()
            wait = _count_try(name, address, g.now)
            if wait:
                seconds = ceil(wait.total_seconds())
                message, status = _too_many(seconds), 429
                headers = {"Retry-After": str(seconds)}
            elif _signed_in(name, form.password.data or "", address, g.now):
                return redirect(target, code=303)
            else:
                message = _("Name and password do not belong together. Check both and try again.")
    with database().read() as session:
        g.is_demo = recall(session, "demo") is not None
    page = render_template("core/login.html", form=form, message=message)
    return page, status, headers


@bp.post("/logout")
def logout() -> ResponseReturnValue:
    """Sign out of this browser."""
    name, token = current_user.name, signin.forget()
    with database().begin() as session:
        actions.sign_out(session, name, token, now=g.now)
    flash(_("You are signed out."), "success")
    return redirect(url_for("auth.login"), code=303)


@bp.route("/account", methods=["GET", "POST"])
def account() -> ResponseReturnValue:
    """Show and change how one is called and works."""
    with database().read() as session:
        known = email_of(session, session.get_one(User, current_user.id))
    form = AccountForm(obj=current_user, data={"email": known})
    if form.validate_on_submit():
        try:
            with database().begin() as session:
                actions.change_account(
                    session,
                    current_user.id,
                    display_name=form.display_name.data or "",
                    language=form.language.data or "",
                    shortcuts=form.shortcuts.data,
                    email=form.email.data or "",
                    now=g.now,
                )
        except InputError as error:
            form.email.errors = [str(error)]
        else:
            flash(_("Your account was saved."), "success")
            return redirect(url_for("auth.account"), code=303)
    return render_template("core/account.html", form=form), 422 if form.is_submitted() else 200


@bp.route("/account/password", methods=["GET", "POST"])
def password() -> ResponseReturnValue:
    """Choose another password."""
    form = PasswordForm()
    if form.validate_on_submit() and _password_changed(form, g.now):
        flash(_("Your password was changed. Other browsers are signed out."), "success")
        return redirect("/", code=303)
    return render_template("core/password.html", form=form), 422 if form.is_submitted() else 200


@bp.post("/account/language")
def choose_language() -> ResponseReturnValue:
    """Keep the language of the pages."""
    wanted = named(request.form.get("language"))
    if wanted not in LANGUAGES:
        abort(400, _("This language is not offered."))
    with database().begin() as session:
        session.get_one(User, current_user.id).language = wanted
    return redirect(signin.local_path(request.form.get("next")), code=303)


def _count_try(name: str, address: str, now: datetime) -> timedelta | None:
    """Count before looking, in a transaction of its own, so that parallel tries cannot slip through."""
    with database().begin() as session:
        return throttle.take_turn(session, queries.plain_name(name), address, now=now)


def _signed_in(name: str, given: str, address: str, now: datetime) -> bool:
    """Compare outside any transaction, because hashing is slow on purpose; then open the session."""
    with database().read() as session:
        user = queries.find_user(session, name)
    stored = user.password_hash if user and user.active else None
    if not passwords.matches(given, stored) or user is None or stored is None:
        log.warning("failed sign-in for %s", user.name if user else "an unknown name")
        return False
    fresh = passwords.hashed(given) if passwords.is_outdated(stored) else ""
    with database().begin() as session:
        token = actions.sign_in(session, user.id, stored, fresh, address, now=now)
    signin.remember(token)
    return True


def _too_many(seconds: int) -> str:
    return _("Too many tries. Wait %(seconds)s seconds and try again.", seconds=seconds)


def _password_changed(form: PasswordForm, now: datetime) -> bool:
    """Set the new password, or put the reason why not beside its field."""
    old, new = form.old.data or "", form.new.data or ""
    if new != form.again.data:
        form.again.errors = [_("The two new passwords differ.")]
        return False
    with database().read() as session:
        stored = session.get_one(User, current_user.id).password_hash
    if not passwords.matches(old, stored):
        form.old.errors = [_("This is not your present password.")]
        return False
    objection = passwords.objection(new, current_user.name)
    if objection is None and new == old:
        objection = _("Choose another password than the present one.")
    if objection:
        form.new.errors = [objection]
        return False
    fresh = passwords.hashed(new)
    with database().begin() as session:
        token = actions.set_password(session, current_user.id, stored, fresh, now=now)
    signin.remember(token)
    return True
