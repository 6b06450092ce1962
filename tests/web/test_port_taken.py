"""A port that is taken is said in words that help."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path


def test_a_taken_port_says_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "verbond", "serve", str(tmp_path / "room"), "--port", port]
        tried = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert tried.returncode != 0
    assert f"127.0.0.1:{port}" in tried.stderr
    assert "--port 0" in tried.stderr
    assert "Traceback" not in tried.stderr
