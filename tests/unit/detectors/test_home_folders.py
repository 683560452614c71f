"""User names in paths are found; names that all machines have are not."""

from __future__ import annotations

import pytest

from gateway.detectors.home_folders import find_home_folders

PATHS = {
    "/home/maren.okafor/run.log": "maren.okafor",
    'File "/Users/mokafor/app.py", line 3': "mokafor",
    "C:\\Users\\Maren Okafor\\Desktop\\a.txt": "Maren Okafor",
    "C:\\\\Users\\\\mokafor\\\\a.txt": "mokafor",
    "cat ~mokafor/notes": "mokafor",
    "in /home/mokafor.": "mokafor",
}


@pytest.mark.parametrize("text", PATHS)
def test_the_owner_of_a_path(text: str) -> None:
    assert [text[each.start : each.end] for each in find_home_folders(text)] == [PATHS[text]]


@pytest.mark.parametrize(
    "text", ["/home/ubuntu/x", "C:\\Users\\Public\\x", "a ~5/7 chance", "/homes/x", "~/x", "the /home page"]
)
def test_nobodys_paths(text: str) -> None:
    assert list(find_home_folders(text)) == []
