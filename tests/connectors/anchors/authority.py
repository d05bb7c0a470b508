"""A time-stamping authority by openssl, behind a local HTTP server."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_CONFIG = """
[req]
distinguished_name = name
x509_extensions = stamping
prompt = no
[name]
CN = Time Stamps
[stamping]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
basicConstraints = critical,CA:false
[tsa]
default_tsa = tsa_config
[tsa_config]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
"""


class Authority:
    """Stamps what it is asked to. `reply` and `status` may be set to answer something else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reply = b""
        self.status = 200
        self.url = ""
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(_CONFIG.format(folder=folder))
        self._run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=Root",
                  "-keyout", "ca.key", "-out", "ca.pem")  # fmt: skip
        self._run("req", "-newkey", "rsa:2048", "-nodes", "-config", "tsa.cnf", "-keyout", "tsa.key",
                  "-out", "tsa.csr")  # fmt: skip
        self._run("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "30",
                  "-CAcreateserial", "-extfile", "tsa.cnf", "-extensions", "stamping",
                  "-out", "tsa.pem")  # fmt: skip

    @property
    def root(self) -> bytes:
        return (self.folder / "ca.pem").read_bytes()

    def stamped(self, query: bytes) -> bytes:
        (self.folder / "q.tsq").write_bytes(query)
        self._run("ts", "-reply", "-config", "tsa.cnf", "-section", "tsa_config", "-queryfile", "q.tsq",
                  "-out", "r.tsr")  # fmt: skip
        return (self.folder / "r.tsr").read_bytes()

    def verified(self, content: bytes, stamp: bytes) -> bool:
        """Say whether openssl itself accepts a stamp over some bytes."""
        (self.folder / "data").write_bytes(content)
        (self.folder / "stamp.tsr").write_bytes(stamp)
        done = subprocess.run(
            ["openssl", "ts", "-verify", "-data", "data", "-in", "stamp.tsr", "-CAfile", "ca.pem"],
            cwd=self.folder,
            capture_output=True,
            check=False,
        )
        return done.returncode == 0

    def _run(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, check=True)


@contextmanager
def served(authority: Authority) -> Iterator[Authority]:
    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            body = authority.reply or authority.stamped(query)
            self.send_response(authority.status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        authority.url = f"http://127.0.0.1:{server.server_port}/tsa"
        yield authority
        server.shutdown()
