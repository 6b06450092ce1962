"""Real servers of mail on this machine: one takes letters (RFC 5321), one shows them (RFC 3501)."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO


@dataclass
class SmtpServer:
    """Takes letters, or refuses them as it was told.

    Attributes
    ----------
    answers : dict
        (step, address or "") -> what is said instead; steps: "mail", "rcpt", "data", "end".
    drops : dict
        Address -> "data" (hangs up while the words come), "end" (took them, and hangs up before it says so).
    most : int or None
        So many letters it takes, and lets who brings another wait until there may be more.
    """

    tls: ssl.SSLContext | None = None
    wraps: bool = False
    user: str = ""
    password: str = ""
    most: int | None = None
    answers: dict[tuple[str, str], str] = field(default_factory=dict)
    drops: dict[str, str] = field(default_factory=dict)
    taken: list[tuple[str, str, bytes]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    secure: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._guarded, args=(connection,), daemon=True).start()

    def _guarded(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._talk(connection)
        with contextlib.suppress(OSError):
            connection.close()

    def _talk(self, connection: socket.socket) -> None:
        secure = self.wraps
        if self.wraps:
            with self.tls.wrap_socket(connection, server_side=True) as wrapped:
                self._greet(wrapped, secure)
        else:
            self._greet(connection, secure)

    def _greet(self, connection: socket.socket, secure: bool) -> None:
        self._say(connection, self.answers.get(("hello", ""), "220 here"))
        self._serve(connection, secure)

    @staticmethod
    def _say(connection: socket.socket, text: str) -> None:
        connection.sendall(text.encode() + b"\r\n")

    def _serve(self, connection: socket.socket, secure: bool) -> None:
        sender, to, known = "", "", not self.user

        def say(text: str) -> None:
            self._say(connection, text)

        lines = connection.makefile("rb")
        for line in lines:
            text = line.decode().strip()
            self.said.append(text)
            verb = text[:4].upper()
            if verb == "EHLO":
                more = ["AUTH PLAIN"] if self.user else []
                more += ["STARTTLS"] if self.tls and not secure else []
                say("\r\n".join(f"250-{one}" for one in ["here", *more]) + "\r\n250 8BITMIME")
            elif text.upper() == "STARTTLS":
                say("220 go on")
                with self.tls.wrap_socket(connection, server_side=True) as wrapped:
                    self._serve(wrapped, True)
                return
            elif verb == "AUTH":
                given = base64.b64decode(text.split()[2]).split(b"\0")[1:]
                known = given == [self.user.encode(), self.password.encode()]
                say("235 known" if known else "535 5.7.8 not known")
            elif verb == "MAIL":
                sender = self._between(text)
                say(self.answers.get(("mail", ""), "250 ok") if known else "530 5.7.0 sign in")
            elif verb == "RCPT":
                to = self._between(text)
                say(self.answers.get(("rcpt", to)) or self.answers.get(("rcpt", "")) or "250 ok")
            elif verb == "DATA":
                if not self._take(lines, say, sender, to, secure):
                    return
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")

    def _take(self, lines: BinaryIO, say: Callable[[str], None], sender: str, to: str, secure: bool) -> bool:
        if refused := self.answers.get(("data", to)) or self.answers.get(("data", "")):
            say(refused)
            return True
        say("354 go on")
        if self.drops.get(to) == "data":
            lines.readline()
            return False
        words = b""
        for line in lines:
            if line == b".\r\n":
                break
            assert line.endswith(b"\r\n")
            words += line[1:] if line.startswith(b".") else line
        else:
            return False
        while self.most is not None and len(self.taken) >= self.most:
            time.sleep(0.001)
        if refused := self.answers.get(("end", to)):
            say(refused)
            return True
        self.taken.append((sender, to, words))
        self.secure.append(secure)
        if self.drops.get(to) == "end":
            return False
        say("250 2.0.0 taken")
        return True

    @staticmethod
    def _between(text: str) -> str:
        return re.search(r"<(.*?)>", text)[1]


class ImapServer:
    """Shows messages by number; keeps which it was asked for, and whether anything was to be changed."""

    def __init__(
        self, messages: list[bytes], *, tls: ssl.SSLContext | None = None, wraps: bool = False
    ) -> None:
        self.messages, self.user, self.password = messages, "bo", "secret"
        self.tls, self.wraps = tls, wraps
        self.age = 7
        self.asked: list[str] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with contextlib.suppress(OSError):
                self._talk(connection)
            connection.close()

    def _talk(self, connection: socket.socket) -> None:
        if self.wraps:
            connection = self.tls.wrap_socket(connection, server_side=True)
        with connection:
            connection.sendall(b"* OK here\r\n")
            self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        def say(text: bytes | str) -> None:
            connection.sendall((text.encode() if isinstance(text, str) else text) + b"\r\n")

        for line in connection.makefile("rb"):
            tag, _, text = line.decode().strip().partition(" ")
            self.asked.append(text)
            verb = text.split()[0].upper()
            if verb == "CAPABILITY":
                say("* CAPABILITY IMAP4rev1" + (" STARTTLS" if self.tls and not self.wraps else ""))
            elif verb == "STARTTLS":
                say(f"{tag} OK go on")
                with self.tls.wrap_socket(connection, server_side=True) as wrapped:
                    self._serve(wrapped)
                return
            elif verb == "LOGIN":
                if text != f'LOGIN {self.user} "{self.password}"':
                    say(f"{tag} NO not known")
                    continue
            elif verb == "EXAMINE":
                say(f"* {len(self.messages)} EXISTS")
                say(f"* OK [UIDVALIDITY {self.age}] of these numbers")
            elif text.startswith("UID SEARCH"):
                found = re.search(r"UID (\d+):\*", text.removeprefix("UID SEARCH "))
                first, last = int(found[1]) if found else 1, len(self.messages)
                uids = [n for n in range(1, last + 1) if n >= first] or ([last] if last else [])
                say("* SEARCH " + " ".join(map(str, uids)))
            elif text.startswith("UID FETCH"):
                uid = int(text.split()[2])
                content = self.messages[uid - 1]
                if "RFC822.SIZE" in text:
                    say(f"* {uid} FETCH (UID {uid} RFC822.SIZE {len(content)})")
                else:
                    say(
                        f"* {uid} FETCH (UID {uid} BODY[] {{{len(content)}}}".encode()
                        + b"\r\n"
                        + content
                        + b")"
                    )
            elif verb == "LOGOUT":
                say("* BYE")
                say(f"{tag} OK bye")
                return
            say(f"{tag} OK done")


def certificate(folder: Path, name: str = "localhost") -> tuple[Path, Path]:
    """A certificate for a name, signed by itself, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    form, kind, open_ = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(form))
    (folder / "key.pem").write_bytes(key.private_bytes(form, kind, open_))
    return folder / "cert.pem", folder / "key.pem"
