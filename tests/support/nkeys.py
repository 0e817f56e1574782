# SPDX-License-Identifier: Apache-2.0
"""What NATS calls credentials: keys of Ed25519, JSON web tokens that these sign, and the file that a user has of them.

The forms are those of NATS's own nkeys (a key in base32, with a letter for its kind and a CRC-16) and of its JWT in version 2.
"""

import base64
import binascii
import json
import os
import pathlib
import subprocess
import time

# The first five bits of a key say whose it is: its first letter in base32.
KINDS = {"operator": 14 << 3, "account": 0, "user": 20 << 3}
SEED = 18 << 3  # "S"
DER = bytes.fromhex("302e020100300506032b657004220420")  # of a private key of Ed25519, before its 32 bytes: RFC 8410


def base32(data):
    whole = data + binascii.crc_hqx(data, 0).to_bytes(2, "little")
    return base64.b32encode(whole).decode().rstrip("=")


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Key:
    """A key of KIND in FOLDER, whose owner is called NAME."""

    def __init__(self, folder, kind, name):
        self.kind, self.owner, self.path = kind, name, pathlib.Path(folder, f"{name}.der")
        self.secret = os.urandom(32)
        self.path.write_bytes(DER + self.secret)
        public = self.openssl("pkey", "-in", self.path, "-inform", "DER", "-pubout", "-outform", "DER")
        self.name = base32(bytes([KINDS[kind]]) + public[-32:])

    def openssl(self, *arguments):
        return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=True).stdout

    @property
    def seed(self):
        kind = KINDS[self.kind]
        return base32(bytes([SEED | kind >> 5, (kind & 31) << 3]) + self.secret)

    def sign(self, subject, claims):
        """A token of this key that says CLAIMS of the key SUBJECT."""
        now = int(time.time())
        said = {"jti": base64.b32encode(os.urandom(30)).decode(), "iat": now, "exp": now + 3600, "iss": self.name, "sub": subject.name,
                "name": subject.owner, "nats": dict(claims, type=subject.kind, version=2)}
        text = ".".join(base64url(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ed25519-nkey"}, said))
        message = self.path.with_suffix(".text")
        message.write_text(text, encoding="ascii")
        signature = self.openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.path, "-keyform", "DER", "-in", message)
        return f"{text}.{base64url(signature)}"


def make(folder):
    """An operator with an account and its user: lines for a server's configuration, and the text of the user's credentials."""
    operator, system, account = Key(folder, "operator", "lab"), Key(folder, "account", "system"), Key(folder, "account", "jobs")
    user = Key(folder, "user", "vigil")
    limits = dict.fromkeys(("subs", "data", "payload", "imports", "exports", "conn", "leaf"), -1)
    storage = dict.fromkeys(("mem_storage", "disk_storage", "streams", "consumer"), -1)
    accounts = [(system, dict(limits, wildcards=True)), (account, dict(limits, wildcards=True, **storage))]
    preload = ", ".join(f"{key.name}: {operator.sign(key, {'limits': most})}" for key, most in accounts)
    token = account.sign(user, dict.fromkeys(("subs", "data", "payload"), -1))
    configuration = f"operator: {operator.sign(operator, {})}\nresolver: MEMORY\nsystem_account: {system.name}\nresolver_preload: {{ {preload} }}"
    return configuration, (f"-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n"
                           f"-----BEGIN USER NKEY SEED-----\n{user.seed}\n------END USER NKEY SEED------\n")
