"""`verbond survey`: scores, and how far they can be trusted."""

from __future__ import annotations

from pathlib import Path

import click

from verbond.cli.answers import columns_of, say, scale_of, texts_of
from verbond.cli.output import engine_option, language_option, progress_on_terminal, rows_output
from verbond.cli.survey_people import PEOPLE
from verbond.results import Language, Result

__all__ = ["survey"]

model_option = click.option(
    "--model", "model_file", required=True, type=click.Path(dir_okay=False),
    help="File with the model, in lavaan's syntax.",
)  # fmt: skip
cov_option = click.option(
    "--cov", "cov_file", type=click.Path(dir_okay=False),
    help="A covariance matrix instead of DATA: JSON with names, cov and n.",
)  # fmt: skip
n_obs_option = click.option("--n-obs", type=click.IntRange(min=2), help="Respondents behind --cov.")


@click.group()
def survey() -> None:
    """Scores of what was asked, and how far they can be trusted.

    \b
    Example:
      verbond survey reliability answers.csv --scale trust=q1,q2,q3
    """


for command in PEOPLE:
    survey.add_command(command)


@survey.command()
@click.argument("source")
@click.option(
    "--keep-careless", is_flag=True,
    help="Score those too who ticked one box for statements and for their opposites.",
)  # fmt: skip
@engine_option
@language_option
@rows_output
def scores(source: str, keep_careless: bool, engine: str, language: Language) -> Result:
    """Score every construct that was asked, with intervals and reliability.

    SOURCE is a folder of tables, or "demo".

    \b
    Example:
      verbond survey scores demo --json
    """
    from verbond.survey import Survey
    from verbond.tables import open_tables

    with open_tables(source, engine=engine) as tables, progress_on_terminal(language) as progress:
        result = Survey(keep_careless=keep_careless).fit(tables, progress)
    say(result.warnings, language)
    return result


@survey.command()
@click.argument("data")
@click.option(
    "--scale", "scales", multiple=True, metavar="NAME=ITEM,ITEM",
    help="A scale and its items; a minus before an item that is scored the other way round (-ITEM).",
)  # fmt: skip
@language_option
@rows_output
def reliability(data: str, scales: tuple[str, ...], language: Language) -> Result:
    """Alpha, omega and item statistics of each scale.

    DATA is a file with a column an item, a covariance matrix (.json), or a folder of tables. In tables the
    scales are known, and --scale is not needed. Where no item of a scale has a minus, items that run against
    the others are turned over, and a warning says which.

    \b
    Example:
      verbond survey reliability answers.csv --scale trust=q1,q2,-q3 --json
    """
    from verbond.survey.columns import covariance_reliabilities, read_covariance, scale_reliabilities

    wanted = dict(scale_of(text) for text in scales)
    if len(wanted) < len(scales):
        raise click.UsageError("Two scales have the same name.")
    if not Path(data).is_file() or _is_long(data):
        result = _of_tables(data, wanted)
    elif not wanted:
        raise click.UsageError("Missing option '--scale': which items belong together?")
    elif data.lower().endswith(".json"):
        result = covariance_reliabilities(read_covariance(data), wanted, source=data)
    else:
        items = dict.fromkeys(item.removeprefix("-") for names in wanted.values() for item in names)
        result = scale_reliabilities(columns_of(data, list(items)), wanted, source=data)
    say(result.warnings, language)
    return result


@survey.command()
@click.argument("data", required=False)
@model_option
@cov_option
@n_obs_option
@click.option(
    "--estimator", type=click.Choice(["ML", "MLR", "MLM", "WLSMV"], case_sensitive=False), default="ML",
    show_default=True, help="MLR and MLM: robust errors and statistic. WLSMV: ordered items.",
)  # fmt: skip
@click.option(
    "--missing", type=click.Choice(["listwise", "fiml"]), default="listwise", show_default=True,
    help="Leave out whoever missed an answer, or use what they did answer.",
)  # fmt: skip
@click.option("--group", help="Column with the group of each respondent: language, segment, wave.")
@click.option(
    "--equal", metavar="KIND,KIND",
    help="What is equal in all groups, such as loadings,intercepts; without it the chain is tested.",
)  # fmt: skip
@click.option("--free", multiple=True, help="A parameter that is not equal all the same, such as 'q3 ~ 1'.")
@click.option("--std-lv", is_flag=True, help="Factors with variance 1 instead of first loadings of 1.")
@click.option(
    "--bootstrap", "n_bootstrap", type=click.IntRange(min=0), default=0, show_default=True,
    help="Samples of respondents for standard errors and intervals.",
)  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Of the bootstrap.")
@language_option
@rows_output
def factor(
    data: str | None, model_file: str, cov_file: str | None, n_obs: int | None, estimator: str, missing: str,
    group: str | None, equal: str | None, free: tuple[str, ...], std_lv: bool, n_bootstrap: int, seed: int,
    language: Language,
) -> Result:  # fmt: skip
    """A factor or structural model.

    DATA is a file with a column an item. The model is written as for lavaan: `trust =~ q1 + q2 + q3`,
    `loyalty ~ a*trust`, `q1 ~~ q4`, `q1 ~ 1`, `indirect := a*b`. With --group the output says on what the
    groups may be compared.

    \b
    Example:
      verbond survey factor answers.csv --model model.txt --missing fiml --group language --json
    """
    from verbond.survey.columns import read_covariance
    from verbond.survey.factor import FactorModel

    kinds = tuple(kind.strip() for kind in equal.split(",")) if equal else ()
    model = FactorModel(
        _text_of(model_file), std_lv=std_lv, estimator=estimator.upper(), missing=missing, equal=kinds,
        partial=free, n_bootstrap=n_bootstrap, seed=seed,
    )  # fmt: skip
    _either(data, cov_file)
    if cov_file is not None:
        if group or missing == "fiml":
            raise click.UsageError("--group and --missing fiml need the answers, and --cov has none.")
        matrix = read_covariance(cov_file, n_obs)
        result = model.fit_covariance(matrix.names, matrix.cov, matrix.n_obs, matrix.mean)
    else:
        columns = columns_of(str(data), list(model.items))
        groups = texts_of(str(data), group) if group else None
        with progress_on_terminal(language) as progress:
            result = model.fit(columns, groups, progress)
    say((*result.sentences, *result.reasons), language)
    return result


@survey.command()
@click.argument("data", required=False)
@model_option
@cov_option
@n_obs_option
@click.option(
    "--scheme", type=click.Choice(["path", "centroid", "factorial"]), default="path", show_default=True,
    help="How neighbouring constructs weigh.",
)  # fmt: skip
@click.option("--standardize/--no-standardize", default=True, help="Items to variance 1 first (default).")
@click.option(
    "--bootstrap", "n_bootstrap", type=click.IntRange(min=0), default=0, show_default=True,
    help="Samples of respondents for standard errors and intervals.",
)  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Of the bootstrap.")
@language_option
@rows_output
def pls(
    data: str | None, model_file: str, cov_file: str | None, n_obs: int | None, scheme: str,
    standardize: bool, n_bootstrap: int, seed: int, language: Language,
) -> Result:  # fmt: skip
    """A PLS path model: composites of items, and the paths between them.

    DATA is a file with a column an item. In the model `trust =~ q1 + q2` says which items reflect a construct
    (mode A), `<~` which form it (mode B), and `loyalty ~ trust` what leads to what.

    \b
    Example:
      verbond survey pls answers.csv --model model.txt --scheme centroid --json
    """
    from verbond.survey.columns import read_covariance
    from verbond.survey.pls import PathModel

    model = PathModel(
        _text_of(model_file), scheme, standardize=standardize, n_bootstrap=n_bootstrap, seed=seed
    )
    _either(data, cov_file)
    if cov_file is not None:
        if n_bootstrap:
            raise click.UsageError("--bootstrap draws respondents, and --cov has none.")
        matrix = read_covariance(cov_file, n_obs)
        result = model.fit_covariance(matrix.names, matrix.cov, matrix.n_obs)
    else:
        with progress_on_terminal(language) as progress:
            result = model.fit(columns_of(data, list(model.items)), progress)
    say(result.reasons, language)
    return result


def _either(data: str | None, cov_file: str | None) -> None:
    if (data is None) == (cov_file is None):
        raise click.UsageError("Give either DATA or --cov.")


def _is_long(data: str) -> bool:
    """Whether a file holds a row an answer."""
    from verbond.tables.column_file import ColumnFile

    if data.lower().endswith(".json"):
        return False
    with ColumnFile(data) as file:
        return {"item", "value"} <= set(file.names)


def _of_tables(source: str, wanted: dict[str, list[str]]) -> Result:
    from verbond.survey import ReliabilityResult, Survey
    from verbond.survey.columns import scale_reliabilities
    from verbond.tables import open_tables
    from verbond.tables.reads.answers import answers

    with open_tables(source) as tables:
        if not wanted:
            result = Survey().fit(tables)
            return ReliabilityResult(result.scales, result.warnings, result.provenance)
        asked = answers(tables)
        columns = {item: asked.values[:, j] for j, item in enumerate(asked.items)}
        return scale_reliabilities(columns, wanted, source=source)


def _text_of(file: str) -> str:
    from verbond.errors import NotFoundError, ReadError

    try:
        return Path(file).read_text("utf-8")
    except FileNotFoundError:
        raise NotFoundError(f"no file {file}") from None
    except UnicodeDecodeError:
        raise ReadError("this is no text", file=Path(file).name, expected="a model in UTF-8") from None
