"""Forms of the import: the file, and what its columns and words mean."""

from collections.abc import Iterable, Mapping, Sequence

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from werkzeug.datastructures import MultiDict
from wtforms import StringField
from wtforms.validators import Length

from core.i18n import _, _l
from core.texts import clean_text
from followup.cases.imports.columns import COLUMNS, REQUIRED
from followup.cases.imports.words import offered, said_column, ways_out


class ImportForm(FlaskForm):
    """A file of cases."""

    file = FileField(_l("File"), [FileRequired(_l("Choose a CSV or XLSX file."))])
    source = StringField(
        _l("Name of the other system"),
        [Length(max=40, message=_l("At most 40 characters."))],
        default="import",
    )


Fields = MultiDict[str, str]


def read_columns(form: Fields, headings: Sequence[str]) -> dict[str, str]:
    """Return what was chosen for each column; "" leaves it aside."""
    chosen = {heading: form.get(f"c{n}", "") for n, heading in enumerate(headings)}
    return {heading: ours if ours in COLUMNS else "" for heading, ours in chosen.items()}


def column_problems(columns: Mapping[str, str]) -> list[str]:
    """Say what stands in the way of reading a file like that."""
    taken = [ours for ours in columns.values() if ours]
    missing = [said_column(name) for name in REQUIRED if name not in taken]
    twice = [said_column(name) for name in dict.fromkeys(taken) if taken.count(name) > 1]
    problems = [_("No column is chosen for: %(names)s.", names=_(", ").join(missing))] if missing else []
    return problems + (
        [_("More than one column is chosen for: %(names)s.", names=_(", ").join(twice))] if twice else []
    )


def read_words(
    form: Fields, unknown: Mapping[str, Iterable[str]], departments: Sequence[str]
) -> tuple[dict[str, dict[str, str]], bool]:
    """Return what was chosen for unknown words, and whether every word has something.

    The choice for all the others stands under "".
    """
    values: dict[str, dict[str, str]] = {}
    complete = True
    for column, words in unknown.items():
        allowed = {code for code, _label in (*offered(column, departments), *ways_out(column))}
        rest = form.get(f"rest-{column}", "")
        chosen = {"": rest} if rest in {code for code, _label in ways_out(column)} else {}
        for n, word in enumerate(words):
            ours = clean_text(form.get(f"{column}-{n}", ""))
            if ours in allowed:
                chosen[word] = ours
            elif "" not in chosen:
                complete = False
        values[column] = chosen
    return values, complete
