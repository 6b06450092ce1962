"""A real Spark cluster on loopback: a standalone master and workers of one processor each."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

DEPLOY = "org.apache.spark.deploy"
PR_SET_PDEATHSIG = 1


class Cluster:
    """Master and workers; they end with this process, however it ends (Linux).

    Parameters
    ----------
    folder : Path
        For logs and the workers' files.
    """

    def __init__(self, folder: Path) -> None:
        import pyspark

        from verbond.tables.engines.java import java_home

        self.folder, self.workers = folder, []
        home = Path(pyspark.__file__).parent
        self._start = [str(home / "bin" / "spark-class")]
        self._environment = os.environ | {
            "JAVA_HOME": str(java_home(folder)),
            "SPARK_HOME": str(home),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "PYSPARK_PYTHON": sys.executable,
        }
        port = _free_port()
        self.address = f"spark://127.0.0.1:{port}"
        where = ["--host", "127.0.0.1", "--port", str(port), "--webui-port", "0"]
        self.master = self._run("master", [f"{DEPLOY}.master.Master", *where])

    def add_workers(self, n: int) -> None:
        """Start workers of one processor and 1 GiB each, and wait until the master knows them."""
        for number in range(len(self.workers), len(self.workers) + n):
            own = ["--cores", "1", "--memory", "1g", "--work-dir", str(self.folder / f"worker-{number}")]
            where = ["--host", "127.0.0.1", "--webui-port", "0", self.address]
            self.workers.append(self._run(f"worker-{number}", [f"{DEPLOY}.worker.Worker", *own, *where]))
        log, waited = self.folder / "master.log", time.monotonic() + 120
        while log.read_text().count("Registering worker") < len(self.workers):
            if time.monotonic() > waited or self.master.poll() is not None:
                raise RuntimeError("the cluster does not start:\n" + log.read_text()[-2000:])
            time.sleep(0.1)

    def kill_worker(self, number: int) -> None:
        """Kill a worker with its executor and its Python processes, as a machine that falls dead."""
        for process in reversed(_family(self.workers[number].pid)):
            os.kill(process, signal.SIGKILL)
        self.workers[number].wait()

    def stop(self) -> None:
        """End everything."""
        for process in (*self.workers, self.master):
            if process.poll() is None:
                process.terminate()
        for process in (*self.workers, self.master):
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()

    def _run(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                [*self._start, *command], env=self._environment, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent,
            )  # fmt: skip


@contextmanager
def cluster(n_workers: int = 2) -> Iterator[Cluster]:
    """A cluster with so many workers, gone afterwards."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        found = Cluster(Path(folder))
        stack.callback(found.stop)
        found.add_workers(n_workers)
        yield found


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _family(pid: int) -> list[int]:
    """A process and all that it started, itself first."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return [pid]
    threads = [Path(t).read_text().split() for t in Path(f"/proc/{pid}/task").glob("*/children")]
    children = sorted({int(c) for found in (children, *threads) for c in found})
    return [pid, *(one for child in children for one in _family(child))]
