"""The demonstration itself, act by act: each step is told, done for real, and its result shown."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from gateway.bootstrap.in_process import text_of
from gateway.cli.demo.evidence import DemoExhibit
from gateway.cli.demo.stage import AGREEMENT_FILE, Stage
from gateway.client import Credentials, ExhibitFile, GatewayClient, Pulled
from gateway.errors import GatewayError, IntegrityFailure, NotFound
from gateway.evidence.media import EXTENSIONS

SENDER, REVIEWER = "cnil-fr.submitter", "cnil-fr.reviewer"
READERS = ("ico-uk.investigator", "ico-uk.counsel")
STRANGER = "garante-it.investigator"
EXCERPT_CHARACTERS = 620
SHORT = {media_type: extension[1:].upper() for media_type, extension in EXTENSIONS.items()}


@dataclass
class Story:
    """One run. ``results`` is filled as the acts go by."""

    stage: Stage
    console: Console
    results: Path
    exhibits: Sequence[DemoExhibit]
    act: int = 0
    case: str = field(default_factory=lambda: f"case-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    package: dict[str, Any] = field(default_factory=dict)
    pulled: dict[str, list[Pulled]] = field(default_factory=dict)

    def tell(self, heading: str, *sentences: str) -> None:
        """Begin an act."""
        self.act += 1
        self.console.print()
        self.console.print(Text(f"{self.act}  {heading}", style="bold cyan"))
        for sentence in sentences:
            self.say(sentence)

    def say(self, sentence: str, style: str = "") -> None:
        """One line of the story; what is told is text, never markup."""
        self.console.print(Padding(Text(sentence, style=style), (0, 0, 0, 3)))

    def push(self) -> None:
        """The submitter declares, signs and uploads; the gateway decides exhibit by exhibit."""
        self.tell(
            "A submitter of cnil-fr pushes a package",
            f"{len(self.exhibits)} exhibits for the case {self.case}, under {self.stage.agreement.id}. "
            "The manifest is signed; the bytes are encrypted as they arrive.",
        )
        folder = self.results / "pushed"
        folder.mkdir(parents=True)
        files = []
        for exhibit in self.exhibits:
            (folder / exhibit.name).write_bytes(exhibit.data)
            files.append(ExhibitFile(folder / exhibit.name, exhibit.evidence_type, exhibit.media_type))
        with self._client(SENDER) as client, self._bar() as progress:
            pushed = client.push(
                files,
                agreement=self.stage.agreement.id,
                case=self.case,
                purpose=self.stage.agreement.purposes[0],
                progress=progress,
            )
        self.package = pushed.package
        (self.results / "receipt.json").write_bytes(pushed.receipt)
        (self.results / "receipt.sig").write_bytes(pushed.signature)
        table = _table("exhibit", "declared as", "decision and clause")
        for item in pushed.package["exhibits"]:
            refused = item["state"] == "refused"
            table.add_row(
                item["name"],
                item["evidence_type"],
                Text(
                    f"{'refused: ' + item['reason'] if refused else 'permitted'}  {item['clause']}",
                    style="red" if refused else "green",
                ),
            )
        self.console.print(table)
        self.say("The gateway answered with a signed receipt; its signature verifies.")

    def process(self) -> None:
        """Examine, redact, review, seal: until the releases are available."""
        self.tell(
            "The gateway examines and redacts",
            "Each exhibit is opened in a process without network or files, and its real type is found. Personal data "
            "and trade secrets are detected; for each view the file is rebuilt and searched for what was removed.",
        )
        with self._client(SENDER) as client:
            with self.console.status("   working (language models load at first)"):
                package = client.wait(self.package["id"])
            self._show_exhibits(package)
            if package["state"] == "in-review":
                self._review()
                with self.console.status("   sealing"):
                    while (package := client.package(self.package["id"]))["state"] == "in-review":
                        time.sleep(0.2)
                    package = client.wait(self.package["id"])
        self.package = package
        if package["state"] != "released":
            self.say(f"The package is {package['state']}: {package.get('reason', '')}. Nothing was released.", "red")
            raise IntegrityFailure(
                "demo-not-released",
                f"The package ended as '{package['state']}' ({package.get('reason', '')}).",
                remedy=f"See {self.stage.folder / 'serve.log'} and the exhibits' reasons above.",
            )

    def _review(self) -> None:
        self.say("The agreement wants a second person to approve what goes to the confidentiality ring.")
        with self._client(REVIEWER) as client:
            waiting = client.reviews()
            for item in waiting:
                client.approve(item["rendition"], "checked against the report")
        self.say(f"{REVIEWER} approved {len(waiting)} rendition(s).")

    def _show_exhibits(self, package: dict[str, Any]) -> None:
        table = _table("exhibit", "found to be", "state", "reason")
        for item in package["exhibits"]:
            kind = SHORT.get(item.get("media_type") or "", item.get("media_type") or "")
            table.add_row(item["name"], kind, item["state"], item.get("reason") or "")
        self.console.print(table)

    def pull(self) -> None:
        """Two readers of the other agency, two views of the same evidence."""
        self.tell(
            "Two people of ico-uk pull",
            "The investigator sees the standard view. The counsel, who is under a protective order, also sees the "
            "confidentiality ring, where commercial terms are kept.",
        )
        for reader in READERS:
            self.pulled[reader] = []
            with self._client(reader) as client, self._bar() as progress:
                for item in self._inbox(client):
                    out = self.results / reader / item["view"]
                    self.pulled[reader].append(
                        client.pull(item["id"], out, acknowledge=not item.get("acknowledged_at"), progress=progress)
                    )
            views = sorted({p.manifest.release_policy().view for p in self.pulled[reader]})
            self.say(f"{reader}: {len(self.pulled[reader])} release(s) in the view(s) {', '.join(views)}.")
        self.say("Manifest signature, digests and policy stanza verified; acknowledgements signed and sent.")

    def _inbox(self, client: GatewayClient) -> Iterator[dict[str, Any]]:
        wanted = {release["id"] for release in self.package["releases"]}
        return (item for item in client.inbox() if item["id"] in wanted)

    def decrypt(self) -> None:
        """Open one pulled file again, with our command and with the stock one."""
        pulled = self.pulled[READERS[0]][0]
        self.tell("Anybody's tools can open it", f"{pulled.age_file.name}, encrypted to ico-uk's own key:")
        identity = self.stage.identity("ico-uk")
        ours = self._run("decrypt", "--identity", str(identity), str(pulled.age_file))
        expected = pulled.exhibit.read_bytes() if pulled.exhibit else b""
        if ours != expected:
            raise IntegrityFailure("demo-decrypt-differs", "Our own decryption gave other bytes.")
        self.say(f"evidence-gateway decrypt: {len(ours)} bytes, as pulled.", "green")
        age = shutil.which("age")
        if age is None:
            self.say("The stock 'age' program is not installed here; with it: age -d -i identity.txt FILE.age")
            return
        stock = subprocess.run([age, "-d", "-i", identity, pulled.age_file], capture_output=True, check=False)
        if stock.returncode != 0 or stock.stdout != expected:
            raise IntegrityFailure("demo-decrypt-differs", "The stock age program could not open the file.")
        self.say(f"age -d ({age}): the same {len(stock.stdout)} bytes.", "green")

    def refuse_stranger(self) -> None:
        """A third agency, party to nothing, asks for a release it has heard of."""
        release = self.package["releases"][0]["id"]
        self.tell("A third agency asks for the same release", f"{STRANGER} knows the id {release}:")
        with self._client(STRANGER) as client:
            try:
                client.release(release)
            except NotFound as error:
                self.say(f"404 {error.code}: {error.message}", "green")
                return
        raise IntegrityFailure("demo-stranger-admitted", "A stranger was not refused.")

    def audit(self) -> None:
        """Export the log and verify it without the server."""
        bundle = self.results / "log"
        self.tell("The audit log, exported and verified offline")
        # The agreement wants two persons for this too.
        officers = ("--approved-by", "cnil-fr.officer", "--approved-by", "ico-uk.officer")
        self._run("log", "export", "--out", str(bundle), *officers)
        verified = json.loads(self._run("log", "verify", str(bundle), "--json"))
        self.say(f"{verified.get('size')} entries; root {str(verified.get('root', ''))[:32]}…: verified.", "green")
        counts: dict[str, int] = {}
        shown = json.loads(self._run("log", "show", "--package", self.package["id"], "--json"))
        for entry in shown["entries"]:
            key = f"{entry['action']} ({entry['outcome']})"
            counts[key] = counts.get(key, 0) + 1
        table = _table("what happened to this package", "entries")
        for key, count in counts.items():
            table.add_row(key, str(count))
        self.console.print(table)

    def compare(self) -> None:
        """One exhibit before and after, side by side."""
        by_view: dict[str, Pulled] = {}
        chosen = next((e for e in reversed(self.exhibits) if e.name == "hosting-contract.txt"), None)
        for pulls in self.pulled.values():
            for pulled in pulls:
                exhibit_id = pulled.manifest.release_policy().exhibit
                original = next(x["name"] for x in self.package["exhibits"] if x["id"] == exhibit_id)
                if chosen is None:
                    chosen = next(e for e in self.exhibits if e.name == original)
                if original == chosen.name:
                    by_view[pulled.manifest.release_policy().view] = pulled
        if chosen is None:
            return
        self.tell("Before and after", f"{chosen.name}, the first lines:")
        views = sorted(by_view, reverse=True)
        table = Table("as pushed", *views, show_lines=False, padding=(0, 1), expand=True)
        texts = [chosen.data, *((by_view[v].exhibit or Path()).read_bytes() for v in views)]
        media_types = [by_view[v].manifest.media_type for v in views]
        cells = [_excerpt(data, media_types[0]) for data in texts]
        table.add_row(*(Text(cell) for cell in cells))
        self.console.print(table)
        (self.results / "before-and-after.txt").write_text(
            "\n\n".join(f"=== {name}\n{cell}" for name, cell in zip(["as pushed", *views], cells, strict=True)),
            encoding="utf-8",
        )

    def end(self) -> None:
        """What there is now, and how to look further."""
        exhibits = self.package["exhibits"]
        released = sum(len(p) for p in self.pulled.values())
        self.tell("Summary")
        refused, quarantined = (sum(e["state"] == state for e in exhibits) for state in ("refused", "quarantined"))
        self.say(
            f"{len(exhibits)} exhibits pushed, {refused} refused, {quarantined} quarantined; "
            f"{released} releases pulled."
        )
        with self._client(SENDER) as client:
            reports = self.results / "reports"
            reports.mkdir(exist_ok=True)
            findings = 0
            for rendition in self.package["renditions"]:
                report = client.report(rendition["id"])
                findings += len(report["findings"])
                (reports / f"{rendition['id']}.json").write_text(json.dumps(report, indent=2, ensure_ascii=False))
        self.say(f"{findings} redactions with reason codes in {len(self.package['renditions'])} reports.")
        results, home, passphrase, command = (
            os.path.relpath(path)
            for path in (
                self.results,
                self.stage.settings.home,
                self.stage.folder / "passphrase",
                Path(sys.executable).parent / "evidence-gateway",
            )
        )
        self.say(f"Results: {results}/ (what was pushed, what each reader received, reports, log)")
        self.say("Look further:")
        for line in (
            f"export EVIDENCE_GATEWAY_HOME={home} EVIDENCE_GATEWAY_PASSPHRASE_FILE={passphrase}",
            f"{command} log verify {results}/log",
            f"{command} log show --outcome deny",
            f"{command} agencies list",
            f"{command} agreements show policies/{AGREEMENT_FILE}",
            f"{command} --help",
        ):
            self.console.print(Text(f"     {line}", style="dim"), soft_wrap=True)

    def _client(self, principal: str) -> GatewayClient:
        return GatewayClient(Credentials.load(self.stage.credentials(principal)))

    def _run(self, *arguments: str) -> bytes:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("EVIDENCE_GATEWAY_")}
        environment |= {
            "EVIDENCE_GATEWAY_HOME": str(self.stage.settings.home),
            "EVIDENCE_GATEWAY_PASSPHRASE_FILE": str(self.stage.folder / "passphrase"),
        }
        done = subprocess.run(
            [sys.executable, "-m", "gateway", *arguments], env=environment, capture_output=True, check=False
        )
        if done.returncode != 0:
            raise GatewayError(
                "demo-command-failed", f"'evidence-gateway {' '.join(arguments)}' failed: {done.stderr.decode()}"
            )
        return done.stdout

    @contextmanager
    def _bar(self) -> Iterator[Any]:
        columns = (TextColumn("   {task.description}"), BarColumn(bar_width=30), DownloadColumn())
        with Progress(*columns, console=self.console, transient=True) as bar:
            tasks: dict[tuple[str, str], Any] = {}

            def progress(phase: str, name: str, done_bytes: int, total_bytes: int) -> None:
                key = (phase, name)
                if key not in tasks:
                    tasks[key] = bar.add_task(f"{phase} {name}", total=total_bytes)
                bar.update(tasks[key], completed=done_bytes)

            yield progress


def _table(*headings: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for i, heading in enumerate(headings):
        table.add_column(
            heading, no_wrap=i == 0, overflow="ellipsis" if i == 0 else "fold", max_width=34 if i == 0 else None
        )
    return table


def _excerpt(data: bytes, media_type: str) -> str:
    text = text_of(data, media_type)
    if text is None:
        text = f"({len(data)} bytes that nobody looks into)"
    return text[:EXCERPT_CHARACTERS].rsplit(" ", 1)[0] + " …" if len(text) > EXCERPT_CHARACTERS else text
