"""Credentials in all the places they are found in, and words and digests that are none. All values are made up."""

from __future__ import annotations

import pytest

from gateway.detectors.secrets.credentials import find_credentials
from gateway.detectors.text.passage import Passage

#: A random-looking run; keys are put together here, so that no scanner takes this file for a leak.
RUN = "q8Zt3LmW0pVx7RbN2kYc5HdJ9fGs4TuA6eQi1"
HEX = "8f14e45fceea167a5a36dedd4bea2543"

FORMATS = [
    "sk-" + RUN, "sk-proj-" + RUN, "sk-ant-api03-" + RUN, "AKIA" + "Q7ZT3LMW0PVX2RBN", "ghp_" + RUN,
    "github_pat_" + RUN, "glpat-" + RUN[:20], "xoxb-123456789012-" + RUN, "xapp-1-A0123-45678-" + HEX,
    "sk_live_" + RUN, "pk_test_" + RUN,
    "whsec_" + RUN, "AIza" + RUN[:35], "GOCSPX-" + RUN[:28], "ya29." + RUN, "hf_" + RUN, "npm_" + RUN[:36],
    "SG." + RUN[:22] + "." + RUN, "AC" + HEX, "EAAA" + RUN + RUN, "dapi" + HEX, "hvs." + RUN, "vault:v1:" + RUN,
    "dop_v1_" + HEX + HEX, "shpat_" + HEX, "gsk_" + RUN, "xai-" + RUN, "lin_api_" + RUN, "figd_" + RUN, "sbp_" + HEX,
    "nvapi-" + RUN, "newvendor_prod_" + RUN, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0." + RUN,
]  # fmt: skip

PLACES = [
    "AccountName=stor1;AccountKey=«" + RUN + RUN + "==»;EndpointSuffix=x",
    "SharedAccessKeyName=Root;SharedAccessKey=«" + RUN + "=»",
    "https://stor1.blob.example.net/c/x?sv=2022-11-02&sig=«" + RUN + "%3D»",
    "aws_secret_access_key = «" + RUN + "»",
    '"client_secret": "«Q~8fhsk3.fjsle0sfj-sjf83»"',
    "Authorization: Bearer «" + HEX + "»",
    "Authorization: Basic «dXNlcjpwYXNzd29yZDEyMw==»",
    "Cookie: lang=en; sessionid=«" + HEX + "»; theme=x",
    "Set-Cookie: JSESSIONID=«1A2B3C4D5E6F7A8B9C0D»; Path=/",
    "X-Api-Key: «a1b2c3d4e5f60718293a4b5c»",
    "mysql://«root:p4ssw0rd!»@10.0.0.5:3306/app",
    "redis://«:S3cr3tPass»@cache:6379/0",
    "User Id=sa;Password=«Str0ng!Pass»;",
    "DB_PASSWORD=«correcthorse»",
    "export SECRET_KEY_BASE='«" + HEX + "»'",
    "password: «letmein»\nnext line",
    "the password is «Sommer2024!»",
    "Passwort: «Sommer2024!»",
    "mot de passe : «Soleil2024!»",
    "la contraseña es «Verano2024!»",
    "curl -u «admin:hunter22» x",
    "mysql -u root -p«S3cretPw9!» app",
    "https://api.example.net/v1?api_key=«" + HEX + "»&x=1",
    "otpauth://totp/x?secret=«JBSWY3DPEHPK3PXP»&issuer=x",
    "Your one-time code is «482913».",
    "seed phrase: «abandon ability able about above absent absorb abstract absurd abuse access accident»",
    "https://hooks.slack.com/services/«T0ABCDE12/B0ABCDE12/" + RUN[:24] + "»",
]

NOT_SECRET = [
    "a password reset was required; the token expired and the secret was kept",
    "The password is required. Password: ******** was shown.",
    "sha256-" + HEX + HEX + " and commit-" + HEX,
    "the meeting-room-allocation-and-planning-committee met on 2024-05-06",
    "file report_final_version_2024_reviewed_by_counsel.pdf",
    "INV-2024-0000123456789 and urn:uuid:123",
    "key findings: token economies, PIN pads and basic assumptions about bearers",
    "the pilot -p options and the -u flag",
]


@pytest.mark.parametrize("value", FORMATS)
def test_formats(value: str) -> None:
    for text in (f"The log showed {value} in clear.", f'key="{value}"'):
        at = text.index(value)
        assert covered(text)[at : at + len(value)].count(False) == 0


@pytest.mark.parametrize("marked", PLACES)
def test_places(marked: str) -> None:
    value = marked[marked.index("«") + 1 : marked.index("»")]
    text = marked.replace("«", "").replace("»", "")
    at = text.index(value)
    assert covered(text)[at : at + len(value)].count(False) == 0


@pytest.mark.parametrize("text", NOT_SECRET)
def test_not_secret(text: str) -> None:
    assert [text[span.start : span.end] for span in find_credentials(Passage(text, 0))] == []


def covered(text: str) -> list[bool]:
    mask = [False] * len(text)
    for span in find_credentials(Passage(text, 0)):
        mask[span.start : span.end] = [True] * (span.end - span.start)
    return mask
