"""``huifang questionnaires import`` and ``export``."""

from pathlib import Path

import click
from sqlalchemy.orm import Session

from core import clock
from core.commandline import opened, print_json
from core.errors import InputError
from core.i18n import LANGUAGES
from surveys.checking import problems
from surveys.commands import questionnaires
from surveys.definition import Definition, from_dict
from surveys.editor.queries import draft
from surveys.interchange import actions, formats
from surveys.interchange.notes import LARGEST, MIB, Imported

_PATH = click.Path(path_type=Path)
ACTOR = "command line"


@questionnaires.command("import")
@click.argument("file", type=_PATH)
@click.option("--key", default="", help="The questionnaire; without it the file's own name or key.")
@click.option(
    "--format", "format_", type=click.Choice(list(formats.READERS)), help="Where the file does not tell."
)
@click.option("--language", type=click.Choice(list(LANGUAGES)), help="Of texts in no language of ours.")
@click.option("--publish", is_flag=True, help="Publish it at once instead of making a draft.")
@click.option("--dry-run", is_flag=True, help="Only say what was understood.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def import_questionnaire(
    *,
    file: Path,
    key: str,
    format_: str | None,
    language: str | None,
    publish: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Read a questionnaire from XLSForm, pasted text, LimeSurvey or JSON; make a draft of it."""
    imported = formats.read(_content(file), name=file.name, format=format_ or "", language=language or "")
    key = key or imported.key
    if not key:
        raise InputError("The file suggests no key; name one with --key.")
    done = "understood"
    if not dry_run:
        with opened() as database, database.begin() as session:
            done = _write(session, imported, key=key, publish=publish)
    _tell(imported, key=key, done=done, as_json=as_json)


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST:
            raise InputError(f"{file.name} has more than {LARGEST // MIB} MiB; split it.")
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"{file.name} cannot be read ({error.strerror}).") from None


def _write(session: Session, imported: Imported, *, key: str, publish: bool) -> str:
    now = clock.now()
    if publish:
        version = actions.publish(session, imported, key=key, actor=ACTOR, now=now)
        return f"published as version {version.number}"
    is_new = actions.make_draft(session, imported, key=key, actor=ACTOR, now=now)
    return "a new draft" if is_new else "the draft was replaced"


def _tell(imported: Imported, *, key: str, done: str, as_json: bool) -> None:
    definition = from_dict(imported.definition)
    wrong = [f"{where}: {expected}" for where, expected in problems(definition)]
    if as_json:
        notes = [{"where": note.where, "said": note.said} for note in imported.notes]
        print_json({"key": key, "done": done, **_counts(definition), "notes": notes, "to_mend": wrong})
        return
    languages = ", ".join(definition.languages) or "no language"
    click.echo(f"{key}: {done}; {len(definition.items)} questions in {languages}")
    for note in imported.notes:
        click.echo(f"note: {note}")
    for sentence in wrong:
        click.echo(f"to mend before publishing: {sentence}")


def _counts(definition: Definition) -> dict[str, object]:
    return {
        "items": len(definition.items),
        "sections": len(definition.sections),
        "languages": list(definition.languages),
    }


@questionnaires.command("export")
@click.argument("key")
@click.option(
    "--version", type=click.IntRange(1, 2**31 - 1), help="A published version; the current one without it."
)
@click.option("--draft", "is_draft", is_flag=True, help="The draft instead of a published version.")
@click.option(
    "--format", "format_", type=click.Choice(list(formats.WRITERS)), help="Else by the ending of FILE."
)
@click.option("-o", "--output", type=_PATH, required=True, help="Where to write it.")
def export_questionnaire(
    *, key: str, version: int | None, is_draft: bool, format_: str | None, output: Path
) -> None:
    """Write a questionnaire as XLSForm (.xlsx) or JSON; importing it again gives the same."""
    with opened() as database, database.read() as session:
        definition = (
            draft(session, key).definition if is_draft else actions.definition_of(session, key, version)
        )
    content = formats.write(definition, format_ or output.suffix.lstrip(".").lower(), key=key)
    try:
        output.write_bytes(content)
    except OSError as error:
        raise InputError(f"{output.name} cannot be written ({error.strerror}).") from None
    click.echo(f"{output.name}: {len(definition.items)} questions")
