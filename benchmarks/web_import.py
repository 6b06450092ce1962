"""A million events as a file: through the application, and the same steps without it.

`python -m benchmarks.web_import [N]` serves an empty installation, brings a CSV of N events as a browser
would, says that it may be read and follows the job; then it takes the plain steps on the same file. Prints
seconds. Peers have no such import to stand beside.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import numpy as np

from verbond.tables import Archive, open_tables, recognise

PASSWORD = "een zin die niemand raadt"


def write_events(path: Path, n: int) -> None:
    """Events as an export has them."""
    rng = np.random.default_rng(1)
    days = (np.datetime64("2023-01-01") + rng.integers(0, 900, n)).astype(str)
    who, cents = rng.integers(0, 80_000, n), rng.integers(100, 20_000, n)
    with path.open("w") as file:
        file.write("klantnummer,datum,soort,bedrag,kanaal\n")
        rows = zip(who, days, cents, strict=True)
        file.writelines(f"k{w:06d},{day},aankoop,{c / 100:.2f},web\n" for w, day, c in rows)


def plain_steps(path: Path, folder: Path) -> dict[str, float]:
    """Seconds of each step of the library."""
    took, began = {}, time.perf_counter()

    def done(step: str) -> None:
        nonlocal began
        took[step], began = time.perf_counter() - began, time.perf_counter()

    found = recognise(path)
    done("recognise")
    with open_tables(path, mapping=found.mapping()) as tables:
        done("open_tables")
        archive = Archive(folder / "archive", b"k" * 32)
        archive.add(tables, import_id="a", source_sha256="0", file_name=path.name, product="csv")
        done("Archive.add")
    archive.rebuild()
    done("Archive.rebuild")
    return took


def through_the_application(path: Path, folder: Path) -> dict[str, float]:
    """Seconds of what a person waits for."""
    command = [sys.executable, "-m", "verbond", "serve", str(folder / "workspace"), "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        address = server.stdout.readline().split()[-1]
        origin = re.match(r"http://[^/]+", address)[0]
        with httpx.Client(follow_redirects=True, timeout=120) as browser:
            return _walked(browser, address, origin, path)
    finally:
        server.terminate()
        server.wait()


def _walked(browser: httpx.Client, address: str, origin: str, path: Path) -> dict[str, float]:
    def post(where: str, page: str, fields: dict[str, str], **more: object) -> httpx.Response:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
        answer = browser.post(
            where, data=fields | {"csrfmiddlewaretoken": token}, headers={"Origin": origin}, **more
        )
        answer.raise_for_status()
        return answer

    owner = {"name": "Els", "email": "els@example.org", "password": PASSWORD}
    page = browser.get(address).text
    page = post(f"{origin}/welcome/", page, owner | {"key": address.rpartition("=")[2]}).text
    data = post(f"{origin}/welcome/start/", page, {"choice": "files", "name": "Acme"})
    began = time.perf_counter()
    with path.open("rb") as file:
        asked = post(f"{data.url}uploads/", data.text, {}, files={"files": (path.name, file)})
    sent = time.perf_counter()
    fields = dict(
        re.findall(r'<select[^>]*name="(c\d+)".*?<option value="([^"]*)" selected', asked.text, re.S)
    )
    page, shown = post(f"{asked.url}reading/", asked.text, fields), set()
    while 'class="stand"' not in page.text:
        time.sleep(0.2)
        page = browser.get(str(asked.url))
        if "<progress" not in page.text and 'role="alert"' in page.text:
            raise SystemExit(re.sub(r"<[^>]+>", " ", page.text)[:500])
        shown |= set(re.findall(r'<progress[^>]*value="([^"]+)"', page.text))
    done = time.perf_counter()
    print(f"progress was shown at {', '.join(sorted(shown))}")
    return {"upload and recognise": sent - began, "import": done - sent, "together": done - began}


def main(n: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "events.csv"
        write_events(path, n)
        print(f"{n:,} events, {path.stat().st_size / 1e6:.1f} MB\n")
        web, plain = through_the_application(path, folder), plain_steps(path, folder)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print("| step | seconds |\n| --- | ---: |")
        for title, steps in (("application", web), ("plain", plain)):
            for step, seconds in steps.items():
                print(f"| {title}: {step} | {seconds:.1f} |")
        print(
            f"| application: processor seconds, starting up included | {used.ru_utime + used.ru_stime:.1f} |"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
