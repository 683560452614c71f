"""User names of systems: home folders in paths, the user of an access log, of sshd and sudo, ``user=`` in any log.

Logs, stack traces and notebooks name their author in every other line: ``/home/mokafor/run.log``,
``C:\\Users\\Maren Okafor\\Desktop``, ``81.2.69.11 - mokafor [05/Jan/2026:…``, ``session opened for user mokafor``,
and so do devices that are called after their owner ("Marens-iPhone"). Names that every machine of a kind has
(root, Public, runner) are nobody's.
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
_ACCESS_LOG = re.compile(r"(?m)^\S{1,100} \S{1,64} (?P<name>[^\s\[\"]{2,64}) \[\d\d/[A-Z][a-z]{2}/\d{4}:")
_SYSTEM_LOG = re.compile(
    r"\b(?:(?:[Ff]or|[Oo]f|by)(?: (?:invalid|illegal))?(?: user)?|user|USER|sudo:|su:|LOGNAME|login:) ?[ =]?"
    r"(?P<name>[a-z][a-z0-9_.-]{2,31})(?= (?:from|port) [\d.:a-f]{7}| : TTY=|\(uid=)"
)
_FIELD = re.compile(
    r"(?<![A-Za-z])(?P<key>user(?:[_-]?(?:name|id))?|usr|uid|login|account(?:[_-]?id)?|acct|session(?:[_-]?id)?|sid"
    r"|(?:device|customer|client|member|patient|employee|visitor)[_-]?id)[\"']?[=:][\"']?(?P<name>[A-Za-z0-9][\w.@-]{2,63})",
    re.IGNORECASE,
)
_DEVICE = re.compile(
    r"(?<![\w-])(?P<name>[A-Z][a-z]{2,30}(?:['’]s|s)[- ](?:iPhone|iPad|iPod|MacBook|iMac|Galaxy|Pixel|Laptop|PC)"
    r"(?:[- ](?:Pro|Air|Mini))?|(?:iPhone|iPad|MacBook)[- ](?:de|von|di)[- ][A-Z][a-z]{2,30})(?![\w-])"
)
_NOBODYS = frozenset(
    {"public", "default", "default user", "all users", "shared", "root", "admin", "administrator", "user", "users",
     "ubuntu", "debian", "centos", "ec2-user", "runner", "jenkins", "git", "node", "app", "www-data", "vagrant",
     "docker", "postgres", "nobody", "service", "guest", "lost+found", "null",
     "none", "true", "false", "undefined", "anonymous", "unknown", "system", "daemon", "nginx", "apache", "mysql",
     "redis", "cron", "sshd", "authentication", "error", "required", "invalid", "closed", "opened", "the", "this"}
)  # fmt: skip


#: Shorter ones are numbers of users of a machine, lengths, error codes.
_SHORTEST_NUMBER = 5


def find_user_names(text: str) -> Iterator[Finding]:
    """User names in the text; linear in its length."""
    for patterns, entity, rule in (
        ((_UNIX, _WINDOWS, _TILDE), "HANDLE", "handle/home-folder"),
        ((_ACCESS_LOG, _SYSTEM_LOG, _FIELD), "HANDLE", "handle/log"),
        ((_DEVICE,), "DEVICE_ID", "device/owner"),
    ):
        for pattern in patterns:
            for match in pattern.finditer(text):
                if _somebodys(match["name"]):
                    yield Finding(match.start("name"), match.end("name"), entity, rule, 0.8)


def _somebodys(name: str) -> bool:
    bare = name.lower().strip(".-")
    return bare not in _NOBODYS and not (bare.isdigit() and len(bare) < _SHORTEST_NUMBER)
