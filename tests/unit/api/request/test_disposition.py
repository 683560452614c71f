"""A file name in Content-Disposition cannot break out of it."""

from __future__ import annotations

import pytest

from gateway.api.request.disposition import attachment


@pytest.mark.parametrize(
    ("name", "plain", "encoded"),
    [
        ("report.pdf.age", "report.pdf.age", "report.pdf.age"),
        ("Bericht über Müller.docx", "Bericht_ber_M_ller.docx", "Bericht%20%C3%BCber%20M%C3%BCller.docx"),
        ('a"; filename="b.exe', "a_filename_b.exe", "a%22%3B%20filename%3D%22b.exe"),
        ("a\r\nSet-Cookie: x=1", "a_Set-Cookie_x_1", "a%0D%0ASet-Cookie%3A%20x%3D1"),
        ("文書", "exhibit", "%E6%96%87%E6%9B%B8"),
    ],
)
def test_attachment(name: str, plain: str, encoded: str) -> None:
    value = attachment(name)
    assert value == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
    assert value.isascii()
    assert "\r" not in value
    assert "\n" not in value
