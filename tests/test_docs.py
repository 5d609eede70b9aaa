"""What the documents promise exists, and what exists is documented."""

import re
from dataclasses import fields
from pathlib import Path

import click
import pytest

from app import cli
from core.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = (ROOT / "docs" / "settings.md").read_text("utf-8")
COMMANDS = (ROOT / "docs" / "command-line.md").read_text("utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]


def commands(group: click.Group = cli, before: tuple[str, ...] = ("huifang",)) -> list[str]:
    """Every command with its full name."""
    found = []
    for name, command in group.commands.items():
        words = (*before, name)
        found += commands(command, words) if isinstance(command, click.Group) else [" ".join(words)]
    return found


@pytest.mark.parametrize("field", [f.name for f in fields(Settings)])
def test_each_setting_has_its_row_with_its_default(field: str) -> None:
    [row] = re.findall(rf"^\| `HUIFANG_{field.upper()}` \|.*\|$", SETTINGS, re.MULTILINE)
    _, _name, default, effect, example, _ = row.split("|")
    value = next(f.default for f in fields(Settings) if f.name == field)
    assert value == "" or f"`{value}`" in default
    assert effect.strip()
    assert example.strip()


def test_no_setting_is_documented_that_does_not_exist() -> None:
    known = {f"HUIFANG_{f.name.upper()}" for f in fields(Settings)}
    for page in PAGES:
        assert set(re.findall(r"HUIFANG_[A-Z_]*[A-Z]", page.read_text("utf-8"))) <= known, page.name


@pytest.mark.parametrize("command", commands())
def test_each_command_has_its_heading_and_says_what_it_does(command: str) -> None:
    headings = " ".join(re.findall(r"^### .*$", COMMANDS, re.MULTILINE))
    assert f"`{command}`" in headings


def test_no_command_is_documented_that_does_not_exist() -> None:
    promised = re.findall(
        r"`(huifang [a-z]+(?: [a-z]+)?)`", " ".join(re.findall(r"^### .*$", COMMANDS, re.MULTILINE))
    )
    assert set(promised) == set(commands())


@pytest.mark.parametrize("command", commands())
def test_each_command_and_option_explains_itself(command: str) -> None:
    found: click.Command = cli
    for word in command.split()[1:]:
        assert isinstance(found, click.Group)
        found = found.commands[word]
    assert found.help
    for option in found.params:
        if isinstance(option, click.Option) and option.name not in {"port", "host"}:
            assert option.help, f"{command} {option.name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_documents_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)\)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} names {target}"
