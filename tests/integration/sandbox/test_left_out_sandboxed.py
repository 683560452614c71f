"""The report of a real rendition says what was left out of the file."""

from __future__ import annotations

import io

import pikepdf

from gateway.agreements.model import View
from gateway.evidence.media import PDF
from gateway.evidence.taxonomy import Action, Category
from gateway.exchange.ports.redaction_job import RedactionJob, RenditionSpec
from gateway.exchange.ports.workbench import Source
from gateway.workbench.parent import SandboxedWorkbench


def test_an_attachment_of_a_pdf_is_counted_and_not_named() -> None:
    pdf = pikepdf.new()
    page = pdf.add_blank_page()
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font))
    page.Contents = pdf.make_stream(b"BT /F 12 Tf 72 72 Td (The pump was inspected.) Tj ET")
    pdf.attachments["Orla Redfearn.txt"] = b"x"
    out = io.BytesIO()
    pdf.save(out)
    workbench = SandboxedWorkbench(workers=1, memory_bytes=3 << 30, seconds=120, max_bytes=1 << 20)
    try:
        specs = (RenditionSpec(View("standard", dict.fromkeys(Category, Action.REMOVE), {}), "all", bytes(32)),)
        job = RedactionJob("e1", "pump.pdf", PDF, "0" * 64, frozenset(), specs)
        outcome = workbench.redact(Source.of(out.getvalue()), job, [bytearray().extend])
    finally:
        workbench.close()
    (rendition,) = outcome.renditions
    assert rendition.report["dropped"] == ["attachments: 1"]
    assert "Redfearn" not in repr(rendition.report)
