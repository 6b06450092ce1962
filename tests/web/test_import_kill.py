"""A process that is killed while it reads leaves no half import: it is there whole, or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

N_ROWS = 120_000
PREPARE = """
import sys
from verbond.web.installation import Installation
from verbond.web.settings import configure
configure(Installation.open(sys.argv[1]))
from django.core.management import call_command
call_command("migrate", verbosity=0, interactive=False)
from verbond.web.data.bringing import bring
from verbond.web.data.columns_form import ColumnsForm
from verbond.web.data.recognising import recognised
from verbond.web.store.models import Job, Organisation
organisation = Organisation.objects.create(slug="acme", name="Acme")
def row(i):
    return f"k{i % 900},2025-{1 + i % 12:02d}-{1 + i % 28:02d},aankoop,{i}\\n"
rows = "".join(map(row, range(int(sys.argv[2]))))
one, _ = bring(organisation, "events.csv", [b"klant,datum,soort,bedrag\\n", rows.encode()], by=None)
form = ColumnsForm(recognised(one), "en", "Acme")
assert form.is_valid(), form.wrong
one.mapping = form.entry
one.save()
Job.objects.create(organisation=organisation, kind="import", subject=str(one.pk))
print("ready")
"""
WORK = """
import itertools, sys, time
from verbond.web.installation import Installation
from verbond.web.settings import configure
configure(Installation.open(sys.argv[1]))
from verbond.web.data.importing import import_file
from verbond.web.store.models import Job
numbers = itertools.count(1)
def tell(progress):
    print(f"{progress.done:.3f}", flush=True)
    if next(numbers) == int(sys.argv[2]):
        time.sleep(600)
import_file(Job.objects.get(), tell)
print("done", flush=True)
"""
LOOK = """
import sys
from verbond.web.installation import Installation
from verbond.web.settings import configure
configure(Installation.open(sys.argv[1]))
from verbond.web.diagnosing import archive_of
from verbond.web.store.models import Import, Organisation
archive, one = archive_of(Organisation.objects.get()), Import.objects.get()
imports = archive.imports()
n = 0
if imports:
    with archive.open() as tables:
        n = tables.n_rows("events")
left = [p.name for p in (archive.layout.folder / "imports").glob("*")] if imports else []
print(one.state, len(imports), n, len(left))
"""


def run(code: str, *arguments: str) -> str:
    made = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False, timeout=600
    )
    assert made.returncode == 0, made.stderr[-2000:]
    return made.stdout.strip()


@pytest.mark.parametrize("steps", [1, pytest.param(3, marks=pytest.mark.slow), 5])
def test_a_killed_import_is_whole_or_not_there_and_then_goes_on(steps: int, tmp_path: Path) -> None:
    """The worker is killed at its first, third and fifth sign of life; what runs after it ends the work."""
    folder = str(tmp_path / "workspace")
    assert run(PREPARE, folder, str(N_ROWS)) == "ready"
    worker = subprocess.Popen(
        [sys.executable, "-c", WORK, folder, str(steps)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert worker.stdout is not None
    for _ in range(steps):
        assert worker.stdout.readline()
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    state, n_imports, n_rows, _ = run(LOOK, folder).split()
    assert state == "running"
    assert (n_imports, n_rows) in (("0", "0"), ("1", str(N_ROWS)))
    assert run(WORK, folder, "0").splitlines()[-1] == "done"
    assert run(LOOK, folder).split() == ["done", "1", str(N_ROWS), "1"]
