"""Text recognition works inside the confined child, within its limits."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from gateway.sandbox import seccomp
from gateway.sandbox.pool import Sandbox, SandboxLimits

pytestmark = pytest.mark.skipif(not seccomp.supported(), reason="the sandbox confines on Linux x86-64 and AArch64")

TASK = """
import resource
from gateway.formats.registry import FORMATS

def run(payload):
    form = FORMATS[payload["type"]]
    document = form.parse(payload["data"])
    out = document.render([])
    layers = [layer.text for layer in form.layers(out) if not layer.raw]
    return {"text": document.canonical.text, "layers": layers,
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}
"""


@pytest.mark.parametrize("media_type", ["image/png", "application/pdf"])
def test_a_scanned_page_is_read_in_the_sandbox(tmp_path: Path, media_type: str) -> None:
    page = Image.new("L", (2480, 3508), 255)  # A4 at 300 dots per inch
    draw = ImageDraw.Draw(page)
    for line in range(20):
        draw.text(
            (200, 200 + 150 * line), f"line {line} of the scanned letter", fill=0, font=ImageFont.load_default(50)
        )
    out = io.BytesIO()
    page.save(out, "PNG" if media_type == "image/png" else "PDF", resolution=300)
    (tmp_path / "picture_task.py").write_text(TASK)
    limits = SandboxLimits(memory_bytes=1536 << 20, cpu_seconds=120, wall_seconds=120, startup_seconds=60)
    with Sandbox("picture_task:run", limits=limits, python_path=[str(tmp_path)]) as sandbox:
        answer = sandbox.call({"data": out.getvalue(), "type": media_type})
    assert answer["text"].count("of the scanned letter") == 20
    assert any("letter" in layer for layer in answer["layers"])
    assert answer["peak"] < 700 * 1024, "KiB resident"


REMARKS = """
import tesserocr
from gateway.formats.registry import FORMATS

class Talkative(tesserocr.PyTessBaseAPI):
    def Recognize(self, *args):
        self.ReadConfigFile("absent")  # remarked upon, as are pages with many small marks
        return super().Recognize(*args)

tesserocr.PyTessBaseAPI = Talkative

def run(payload):
    return {"text": FORMATS["image/png"].parse(payload["data"]).canonical.text}
"""


def test_a_remark_of_the_recognition_does_not_end_the_child(tmp_path: Path) -> None:
    page = Image.new("L", (1200, 300), 255)
    ImageDraw.Draw(page).text((60, 100), "a line of the scanned letter", fill=0, font=ImageFont.load_default(50))
    out = io.BytesIO()
    page.save(out, "PNG")
    (tmp_path / "remarking_task.py").write_text(REMARKS)
    limits = SandboxLimits(memory_bytes=1536 << 20, cpu_seconds=60, wall_seconds=60, startup_seconds=60)
    with Sandbox("remarking_task:run", limits=limits, python_path=[str(tmp_path)]) as sandbox:
        assert "scanned letter" in sandbox.call({"data": out.getvalue()})["text"]
