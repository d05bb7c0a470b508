"""An allow-list is believed only as it was signed, to the last byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_signer import LIST, openssl, signed_list

from tocsin.connectors.shell.signed import ShellUnsigned, believed
from tocsin.domain.errors import Misconfigured


def test_a_list_that_openssl_signed_is_believed(tmp_path: Path) -> None:
    values = signed_list(tmp_path)
    assert believed(values) == (values["TOCSIN_SHELL_FILE"], LIST)
    assert believed({**values, "TOCSIN_SHELL_FILE": " "}) is None


@pytest.mark.parametrize("change", ["content", "signature", "short", "unsigned", "missing", "key", "binary"])
def test_anything_changed_is_not_believed(tmp_path: Path, change: str) -> None:
    values = signed_list(tmp_path)
    listed, signature = tmp_path / "shell.yml", tmp_path / "shell.yml.sig"
    match change:
        case "content":
            listed.write_text(LIST.replace("/usr/bin/touch", "/usr/bin/rmdir"))
        case "signature":
            signature.write_bytes(bytes(64))
        case "short":
            signature.write_bytes(signature.read_bytes()[:63])
        case "unsigned":
            signature.unlink()
        case "missing":
            listed.unlink()
        case "key":
            (tmp_path / "eve").mkdir()
            values = {**values, "TOCSIN_SHELL_KEY": signed_list(tmp_path / "eve")["TOCSIN_SHELL_KEY"]}
        case "binary":
            listed.write_bytes(b"\xff")
            key = tmp_path / "key.pem"
            openssl("pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", listed, "-out", signature)
    with pytest.raises(ShellUnsigned) as raised:
        believed(values)
    assert "openssl pkeyutl -sign" in raised.value.next_step


@pytest.mark.parametrize("key", ["", "not base64!", "AAAA"])
def test_a_key_that_is_none_lets_nothing_run(tmp_path: Path, key: str) -> None:
    with pytest.raises(Misconfigured, match="no Ed25519 public key"):
        believed({**signed_list(tmp_path), "TOCSIN_SHELL_KEY": key})
