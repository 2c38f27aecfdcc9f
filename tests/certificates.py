"""Certificates for the tests that speak TLS."""

import shutil
import subprocess
from pathlib import Path

from opensearch_nodes import refuse


def certificate(folder: Path, name: str, addresses: str = "IP:127.0.0.1") -> tuple[Path, Path]:
    """A certificate for these addresses that is its own authority, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        refuse("openssl is not installed")
    made, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 2 -subj /CN=node"
    subject = ("-addext", f"subjectAltName={addresses}", "-keyout", str(key), "-out", str(made))
    subprocess.run([openssl, *command.split(), *subject], check=True, capture_output=True)
    return made, key
