"""``huifang users``: members of staff."""

import click

from core import clock
from core.auth import actions as staff
from core.auth import queries as staff_queries
from core.auth.roles import Role
from core.commandline import opened, print_json


@click.group()
def users() -> None:
    """Members of staff."""


@users.command("add")
@click.argument("name")
@click.option(
    "--role", required=True, type=click.Choice([role.value for role in Role]), help="What the person may do."
)
@click.option("--display-name", default="", help="The name shown to colleagues.")
@click.option("--department", default="", help="Where the person works.")
def users_add(name: str, role: str, display_name: str, department: str) -> None:
    """Add a member of staff and print a one-time password."""
    with opened() as database, database.begin() as session:
        user, secret = staff.add_user(
            session,
            name=name,
            role=role,
            display_name=display_name,
            department=department,
            actor="command line",
            now=clock.now(),
        )
    click.echo(f"{user.name} signs in with the one-time password {secret}")


@users.command("reset")
@click.argument("name")
def users_reset(name: str) -> None:
    """Give a member of staff a new one-time password and print it."""
    with opened() as database, database.begin() as session:
        user = staff_queries.named(session, name)
        secret = staff.reset_password(session, user, actor="command line", now=clock.now())
    click.echo(f"{user.name} signs in with the one-time password {secret}")


@users.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def users_list(as_json: bool) -> None:
    """List the members of staff."""
    with opened() as database, database.read() as session:
        rows = [user for user, _seen in staff_queries.users(session)]
    if as_json:
        print_json(
            {"users": [{"name": u.name, "role": u.role, "active": u.active, "demo": u.is_demo} for u in rows]}
        )
        return
    for user in rows:
        state = "" if user.active else "  (cannot sign in)"
        click.echo(f"{user.name:<20} {user.role:<12} {user.display_name}{state}")
