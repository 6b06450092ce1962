"""`verbond loyalty intentions`, `hidden`, `reactivity`: the command line does what the Python call does."""

import json

import pytest
from click.testing import CliRunner

from verbond.cli.main import cli
from verbond.errors import NotFoundError, OptionError
from verbond.loyalty import Hidden, IntentionGap, Reactivity
from verbond.tables import open_tables
from verbond.tables.simulate import simulate


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("company")
    simulate("zonnewende", 700, seed=3).save(place, with_truth=False)
    return place


def run(*arguments):
    return CliRunner().invoke(cli, ["loyalty", *map(str, arguments)], catch_exceptions=False)


def rounded(value):
    """Sums of money depend on the order of adding in their last digits."""
    if isinstance(value, dict):
        return {name: rounded(one) for name, one in value.items()}
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return round(value, 8) if isinstance(value, float) else value


@pytest.mark.parametrize(
    ("arguments", "method"),
    [
        (("intentions", "--horizon-days", 90, "--by", "region"), IntentionGap(90, by=("region",))),
        (("hidden", "--satisfied-from", 55, "--attractive-from", 45), Hidden(180, 55, 45)),
        (("reactivity", "--control", "region=Oost", "--wave", "2024-09"),
         Reactivity(control=("region", "Oost"), wave="2024-09")),
    ],
    ids=["intentions", "hidden", "reactivity"],
)  # fmt: skip
def test_json_is_what_python_gives(folder, arguments, method):
    name, *options = arguments
    found = run(name, folder, *options, "--json")
    with open_tables(folder) as tables:
        expected = method.fit(tables)
    assert found.exit_code == 0
    given, whole = json.loads(found.stdout), expected.to_dict()
    assert rounded(given | {"provenance": None}) == rounded(whole | {"provenance": None})
    assert expected.reasons[-1].sentence("en") in found.stderr


def test_what_does_not_exist_is_refused(folder):
    with pytest.raises(OptionError, match="no pair"):
        run("reactivity", folder, "--control", "region")
    with pytest.raises(NotFoundError, match="no groups 'rung'"):
        run("intentions", folder, "--by", "rung")
    assert run("hidden", folder, "--satisfied-from", 120).exit_code == 2
