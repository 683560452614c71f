"""User names in paths: ``/home/mokafor/run.log``, ``C:\\Users\\Maren Okafor\\Desktop``, ``~mokafor/``.

Logs, stack traces and notebooks name their author in every other line. Names that every machine of a kind
has (root, Public, runner) are nobody's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.redaction.document import Finding

_UNIX = re.compile(r"(?:/home|/Users|/var/(?:spool/)?mail)/(?P<name>[A-Za-z][\w.@-]{0,62}[\w-])(?![\w@-])")
_WINDOWS = re.compile(
    r"\b[A-Za-z]:[\\/]{1,2}(?:Users|Documents and Settings)[\\/]{1,2}"
    r"(?P<name>[^\W\d_][\w.@-]{0,63}(?: [^\W\d_][\w.-]{0,63})?)(?=[\\/\"'<>|*?:;,)\]\r\n]|$)"
)
_TILDE = re.compile(r"(?<![\w/.~-])~(?P<name>[a-z][a-z0-9._-]{2,31})/")
_NOBODYS = frozenset(
    {"public", "default", "default user", "all users", "shared", "root", "admin", "administrator", "user", "users",
     "ubuntu", "debian", "centos", "ec2-user", "runner", "jenkins", "git", "node", "app", "www-data", "vagrant",
     "docker", "postgres", "nobody", "service", "guest", "lost+found"}
)  # fmt: skip


def find_home_folders(text: str) -> Iterator[Finding]:
    """Names of home folders in the text; linear in its length."""
    for pattern in (_UNIX, _WINDOWS, _TILDE):
        for match in pattern.finditer(text):
            if match["name"].lower() not in _NOBODYS:
                yield Finding(match.start("name"), match.end("name"), "HANDLE", "handle/home-folder", 0.8)
