"""Occupations where a text says of a person what they do: "worked as a driver", "is a journalist".

Only after such a phrase: the bare word "judge" or "driver" identifies nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.detectors.text.passage import Passage, Span, spans

_OCCUPATION = (
    r"(?:accountant|actor|actress|ana?esthesiologist|ana?esthetist|author|barrister|broadcaster|butcher|cashier|cleaner"
    r"|coach|composer|consultant|contractor|(?:ballet\s)?dancer|director|diplomat|entrepreneur|foreman|gyna?ecologist"
    r"|hunter|interpreter|janitor|judge|magistrate|model|\w+ologist|estate\sagent|fire\sofficer|pensioner|porter"
    r"|prosecutor|psychotherapist|radiologist|restaurateur|shepherd|social\sworker|sportsm[ae]n|steward|welder"
    r"|architect|artist|assistant|baker|banker|builder|businessm[ae]n|businesswoman"
    r"|carpenter|chef|civil\sservant|clerk|cook|dentist|designer|doctor|driver|economist|editor|electrician"
    r"|engineer|farmer|fireman|firefighter|fisherman|gardener|guard"
    r"|hairdresser|historian|imam|journalist|labourer|lawyer|lecturer|librarian|manager|mechanic|midwife|miner"
    r"|musician|notary|nurse|officer|owner|painter|pastor|pharmacist|photographer|physician|pilot|plumber"
    r"|police\sofficer|politician|priest|professor|programmer|psychiatrist"
    r"|psychologist|publisher|receptionist|reporter|researcher|retired\s\w+|sailor|salesm[ae]n|scientist|secretary"
    r"|shopkeeper|singer|soldier|student|surgeon|surveyor|tailor|teacher|technician|trader|translator|veterinarian"
    r"|caregiver|carer|childminder|courier|developer|fitter|freelancer|joiner|locksmith|logger|optician|paramedic"
    r"|postman|roofer"
    r"|seamstress|sculptor|trainee|tutor|waiter|waitress|worker|writer"
    r"|(?:Lance\s)?Corporal|Sergeant|Lieutenant|Captain|Major|Colonel|Commander|Private)"
)
_SAID = re.compile(
    rf"\b(?:work(?:ed|s|ing)?(?:\s(?:at|for|in|with)\s[^.;\n]{{1,50}}?)?\sas|employed(?:\s\w+)?\sas|serv(?:ed|es"
    rf"|ing)\sas|a\sformer|is\sa|was\sa|is\san"
    rf"|was\san|by\sprofession|practis(?:ed|es|ing)\sas|becoming|who\sis|is\sthe|was\sthe|qualified\sas"
    rf"|appointed(?:\sas)?|trained\sas|job\sas|post\sof|profession\sof|latterly\sas|formerly\sas|became|,\sa"
    rf"|,\san)\s(?:an?\s|the\s)?(?P<name>(?:[\w’'-]+\s){{0,2}}?{_OCCUPATION}s?(?:\s(?:and|or)\s"
    rf"(?:[\w’'-]+\s)?{_OCCUPATION})?)\b",
)
_CHIEF = re.compile(
    r"\bChief\s(?:[A-Z][a-z]+\s){1,3}Officer\b|\b(?:CEO|CTO|CFO|COO|CISO|CIO|DPO)\b"
    r"|\bHead\sof\s[A-Z][a-z]+(?:\s[A-Z][a-z]+)?"
)
_JOB_TITLE = re.compile(
    r"\b(?:job|occupation|profession|position|title)\s?(?:is|:|=|as)\s?(?:an?\s)?(?P<name>[A-Za-z][a-z]+"
    r"(?:\s[a-z]+){0,3})"
)


def find_occupations(passage: Passage) -> Iterator[Span]:
    """Occupations said of persons."""
    if passage.commercial or passage.language != "en":
        return
    for pattern in (_SAID, _JOB_TITLE):
        for match in pattern.finditer(passage.text):
            # "represented by Ms X, a lawyer practising in Y" is every case's first page.
            if not match.group("name").endswith(("lawyer", "lawyers")):
                yield Span(match.start("name"), match.end("name"), "OCCUPATION", "occupation", 0.5)
    yield from spans(_CHIEF, passage.text, "OCCUPATION", "occupation/title", 0.6)
