"""The evidence of the demonstration: an invented incident, written as the files real cases consist of.

Every person, company, number and event is made up. The files are made anew at each run, so that
nothing binary lies in the repository.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import dataclass
from email.message import EmailMessage
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

from gateway.evidence import media

REPORT = (
    ("Incident report", ""),
    ("Reference", "File no. 2026/AI-04417, opened by the Commission on 14 September 2026."),
    (
        "What happened",
        "On 3 September 2026 at 22:40 the lending assistant LoanSort, run by Halden Lending Systems Ltd, told "
        "Mrs Amélie Fournier, aged 67, of 14 rue des Tanneurs, 69005 Lyon, that her loan was cancelled and her "
        "account closed. Her son, Julien Fournier, called the helpline from +33 6 12 34 56 78 and reached "
        "Samuel Okafor, who stopped the closure by hand. Mrs Fournier had no access to her money for nine days.",
    ),
    (
        "What the provider says",
        "Halden's head of safety, Ingrid Sørensen (ingrid.sorensen@halden-lending.example), wrote that version 4.2 "
        "of the model had been released on 28 August 2026 after a change to the income classifier. According to "
        "Ms Sørensen, 312 customers received the same answer. The case was known in-house as HLS-2026-118.",
    ),
    (
        "What we ask for",
        "Logs of 3 September 2026 between 22:00 and 23:00, the contract with the hosting company, and the "
        "evaluation of version 4.2. The account concerned is IBAN FR76 3000 6000 0112 3456 7890 189.",
    ),
)

LOG_ROWS = (
    ("2026-09-03T22:38:51Z", "198.51.100.23", "amelie.fournier@example.org", "session 7f3c start", "0.00"),
    (
        "2026-09-03T22:39:40Z",
        "198.51.100.23",
        "amelie.fournier@example.org",
        "question: instalment of September",
        "0.31",
    ),
    ("2026-09-03T22:40:02Z", "198.51.100.23", "amelie.fournier@example.org", "decision: close account", "0.87"),
    ("2026-09-03T22:44:17Z", "203.0.113.9", "julien.fournier@example.org", "helpline call +33 6 12 34 56 78", "0.00"),
    ("2026-09-03T22:46:30Z", "192.0.2.77", "s.okafor@halden-lending.example", "override: keep open", "1.00"),
)

CONTRACT = """HOSTING AND MODEL SERVICE AGREEMENT

between Halden Lending Systems Ltd, 8 Quay Street, Bristol BS1 4DJ ("Halden"), represented by its director
Margaret Ellis, and Northlight Compute GmbH, Speicherstraße 12, 20457 Hamburg ("Northlight"), represented by
Jonas Brandt.

1. Fees. Halden pays Northlight a monthly fee of EUR 48,500 and EUR 0.0042 for each request above 2,000,000
requests a month. The fee rises by 3.5% on each anniversary.

2. Royalty. Northlight receives a royalty of 6.25% of net revenue from LoanSort in Germany and Austria.

3. Minimum volume. Halden orders at least 36,000 GPU hours a year. Shortfalls are charged at EUR 1.85 an hour.

4. Term. This agreement runs for thirty-six (36) months and may be ended on ninety (90) days' notice.

5. CONFIDENTIAL - the parties treat the prices and volumes of this agreement as trade secrets.

Signed at Bristol on 2 March 2025.
Margaret Ellis                                   Jonas Brandt
"""


@dataclass(frozen=True, slots=True)
class DemoExhibit:
    """A file of the demonstration and what its submitter declares it to be."""

    name: str
    evidence_type: str
    media_type: str
    data: bytes


def demo_exhibits() -> list[DemoExhibit]:
    """Seven exhibits; the last is of a type that the sample agreement does not permit."""
    return [
        DemoExhibit("incident-report.docx", "incident-report", media.DOCX, report_docx()),
        DemoExhibit("incident-report.pdf", "incident-report", media.PDF, report_pdf()),
        DemoExhibit("lending-log.csv", "system-log", media.CSV, log_csv()),
        DemoExhibit("lending-log.jsonl", "system-log", media.JSON_LINES, log_json_lines()),
        DemoExhibit("letter-to-the-provider.eml", "correspondence", media.EMAIL, letter()),
        DemoExhibit("hosting-contract.txt", "contract", media.TEXT, CONTRACT.encode()),
        DemoExhibit("loansort-4.2.safetensors", "model-artifact", media.OCTETS, model_file()),
    ]


def report_docx() -> bytes:
    """The report as a Word document."""
    body = []
    for heading, text in REPORT:
        style = "Title" if not text else "Heading1"
        bold = f"<w:r><w:rPr><w:b/></w:rPr><w:t>{escape(heading)}</w:t></w:r>"
        body.append(f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{bold}</w:p>')
        if text:
            body.append(f'<w:p><w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>')
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006"
    main_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{main_type}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{word}"><w:body>{"".join(body)}</w:body></w:document>',
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' + content)
    return buffer.getvalue()


def report_pdf() -> bytes:
    """The report as a PDF with text."""
    styles = getSampleStyleSheet()
    flow = []
    for heading, text in REPORT:
        flow.append(Paragraph(escape(heading), styles["Title" if not text else "Heading2"]))
        if text:
            flow += [Paragraph(escape(text), styles["BodyText"]), Spacer(1, 8)]
    buffer = io.BytesIO()
    SimpleDocTemplate(buffer, pagesize=A4, title="Incident report", author="Camille Laurent").build(flow)
    return buffer.getvalue()


def log_csv() -> bytes:
    """The log as a table."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(("time", "ip", "user", "event", "confidence"))
    writer.writerows(LOG_ROWS)
    return buffer.getvalue().encode()


def log_json_lines() -> bytes:
    """The log as one JSON object a line."""
    lines = [
        json.dumps({"ts": time, "client": {"ip": ip, "user": user}, "event": event, "score": float(score)})
        for time, ip, user, event, score in LOG_ROWS
    ]
    return ("\n".join(lines) + "\n").encode()


def letter() -> bytes:
    """An e-mail with the contract's summary attached."""
    message = EmailMessage()
    message["From"] = "Camille Laurent <camille.laurent@regulator.example>"
    message["To"] = "Ingrid Sørensen <ingrid.sorensen@halden-lending.example>"
    message["Subject"] = "Incident of 3 September 2026, Mrs Fournier"
    message["Date"] = "Mon, 14 Sep 2026 09:12:00 +0200"
    message["Message-ID"] = "<demo-1@regulator.example>"
    message.set_content(
        "Dear Ms Sørensen,\n\nwe have opened file 2026/AI-04417. Please name the engineer who approved version 4.2; "
        "we understand it was Tomasz Wieczorek. You can reach me on +33 1 53 73 22 22.\n\n"
        "Yours sincerely,\nCamille Laurent\n"
    )
    message.add_attachment(
        "Contact list\nTomasz Wieczorek, tomasz.w@halden-lending.example\nDr Samuel Okafor, +44 117 496 0123\n",
        filename="contacts.txt",
    )
    return message.as_bytes()


def model_file() -> bytes:
    """A tiny safetensors file: what the agreement does not let pass."""
    header = json.dumps({"classifier.bias": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(16)
