"""User names in paths and logs are found; names that all machines have are not."""

from __future__ import annotations

import pytest

from gateway.detectors.people.user_names import find_user_names

PATHS = {
    "/home/maren.okafor/run.log": "maren.okafor",
    'File "/Users/mokafor/app.py", line 3': "mokafor",
    "C:\\Users\\Maren Okafor\\Desktop\\a.txt": "Maren Okafor",
    "C:\\\\Users\\\\mokafor\\\\a.txt": "mokafor",
    "cat ~mokafor/notes": "mokafor",
    "in /home/mokafor.": "mokafor",
    '81.2.69.11 - mokafor [05/Jan/2026:10:00:10 +0000] "GET / HTTP/1.1" 200 5': "mokafor",
    "sshd[22]: Accepted publickey for mokafor from 81.2.69.142 port 50022": "mokafor",
    "sudo: mokafor : TTY=pts/0 ; USER=root": "mokafor",
    "pam_unix(sshd:session): session opened for user mokafor(uid=1000) by (uid=0)": "mokafor",
    'level=info user_id=441780 msg="ok"': "441780",
    '{"sessionId":"9f8e7d6c5b4a"}': "9f8e7d6c5b4a",
    "DHCPACK to 00:1a (Marens-iPhone)": "Marens-iPhone",
}


@pytest.mark.parametrize("text", PATHS)
def test_the_owner_of_a_path(text: str) -> None:
    assert [text[each.start : each.end] for each in find_user_names(text)] == [PATHS[text]]


@pytest.mark.parametrize(
    "text",
    [
        "/home/ubuntu/x",
        "C:\\Users\\Public\\x",
        "a ~5/7 chance",
        "/homes/x",
        "~/x",
        "the /home page",
        "user=root uid=1000",
        "session: closed",
        "a request for the user by noon",
        "New PC",
    ],
)
def test_nobodys_paths(text: str) -> None:
    assert list(find_user_names(text)) == []
