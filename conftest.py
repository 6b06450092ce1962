"""Django is set up for tests and doctests of the application, on an installation that goes with them."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from verbond.web.installation import Installation
from verbond.web.settings import configure

FOLDER = Path(tempfile.mkdtemp(prefix="verbond-tests-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
configure(
    Installation.open(FOLDER / "workspace", database=os.environ.get("VERBOND_TEST_DATABASE")),
    hosts=("testserver",),
    testing=True,
)
