"""Letting somebody into the site without a walk through the form of signing in."""

from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import Page
from sqlalchemy import select

from core import clock
from core.auth import sessions
from core.auth.models import User
from core.auth.signin import FIELD
from tests.browser.conftest import Site


def let_in(page: Page, site: Site, name: str) -> None:
    """Hand this window the cookie of somebody who has just signed in.

    The form itself is filled in where somebody is signed out on the way (``test_desk_live``).
    """
    with site.database.begin() as session:
        person = session.scalars(select(User.id).where(User.name == name)).one()
        token = sessions.open_session(session, person, now=clock.now())
    signer = SecureCookieSessionInterface().get_signing_serializer(site.app)
    assert signer is not None
    cookie = {"name": site.app.config["SESSION_COOKIE_NAME"], "value": str(signer.dumps({FIELD: token}))}
    page.context.add_cookies([{**cookie, "url": site.url}])  # type: ignore[list-item]
