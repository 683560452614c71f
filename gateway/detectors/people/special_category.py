"""Special categories of personal data (GDPR Art. 9) where a text says them of a person.

Health, sex life and orientation, politics, trade unions, biometric and genetic data; religion and
ethnic origin are in origins.py. Phrases, not bare words: an agreement may forbid these data, and then
each hit stops a package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.detectors.text.letters import in_small_letters
from gateway.detectors.text.passage import Passage, Span, spans

#: All but the last of these patterns are for texts in small letters, which are read several times as fast as with
#: capitals ignored.
_CONDITION = (
    r"(?:[\w-]+\s){0,3}?(?:diabetes|cancer|leukaemia|leukemia|tumou?r|hiv|aids|hepatitis(?:\s[a-e])?|tuberculosis"
    r"|asthma|epilepsy|schizophrenia|depression|bipolar\sdisorder|anxiety(?:\sdisorder)?|autism|dementia"
    r"|alzheimer[’']s(?:\sdisease)?"
    r"|parkinson[’']s(?:\sdisease)?|ptsd|post-traumatic\sstress(?:\sdisorder)?|multiple\ssclerosis|heart\s(?:attack"
    r"|disease|failure)|stroke|arthritis|migraines?|obesity|addiction|alcoholism|anorexia|bulimia|pregnan(?:t|cy)"
    r"|miscarriage|abortion|covid(?:-19)?"
    r"|disabilit(?:y|ies)|myopia|hyperopia|anisometropia|amblyopia|blindness|deafness|paralysis|psychosis|paranoia"
    r"|disorder|syndrome|disease|diabète|hypertension|hypertensión|hepatitis\s[a-e]|hépatite(?:\s[a-e])?|asthme|cirrhosis|an(?:a)?emia|psoriasis|lupus"
    r"|eczema|endometriosis|glaucoma|sclérose\sen\splaques|esclerosis\smúltiple|sida|vih|cáncer|asma|épilepsie|epilepsia|dépression|depresión"
    r"|esquizofrenia|schizophrénie)"
)
_HEALTH = re.compile(
    rf"\b(?:diagnos(?:ed|is)\s(?:with|of|as)|suffer(?:s|ed|ing)?\sfrom|treated\sfor|afflicted\s(?:with|by)"
    rf"|tested\spositive\sfor|infected\swith|history\sof|souffr\w+\s(?:de|d[’'])|suivie?\spour|soignée?\spour|atteinte?s?\s(?:de|d[’'])"
    rf"|padec\w+\s(?:de\s)?|diagnostic\w+\s(?:de|con)?|(?:s?he|who|applicant|appellant|claimant)\s(?:has|had|developed)\s(?:his|her|severe"
    rf"|chronic|acute)?)\s?(?:an?\s|the\s|un\s|une\s)?(?P<value>{_CONDITION})\b",
)
_HEALTH_PLAIN = re.compile(
    r"\b(?:hiv[- ]positive|total\sdisability|physical\sand/or\smental\sdisabilit\w+|permanently\sunfit\sto\swork|"
    r"(?:myopic|myopia|hyperopia|anisometropia)\b[^.;,\n]{0,40}|blood\stype\s(?:a|b|ab|o)[+-]?|is\spregnant"
    r"|was\spregnant|séropositi\w+|seropositiv\w+)",
)
_BODY_PART = (
    r"(?:head|skull|face|nose|jaw|cheek|eyes?|eyelid|ears?|teeth|tooth|lips?|neck|throat|shoulders?|back|spine|chest"
    r"|ribs?|abdomen"
    r"|arms?|elbows?|forearms?|wrists?|hands?|fingers?|thumbs?|hips?|pelvis|thighs?|legs?|knees?|shins?|calf|ankles?"
    r"|foot|feet"
    r"|toes?|soles?|scrotum|genitals|kidneys?|lungs?|liver|tibia|femur|clavicle|collarbone)"
)
#: Injuries with the part of the body that says whose body was looked at.
_INJURY = re.compile(
    rf"\b(?:(?:multiple|several|large|small|minor|severe|superficial|open|deep|left|right|two|three)\s){{0,3}}"
    rf"(?:(?:fractured?|broken|swollen|bruised|dislocated|injured|burnt)\s(?:(?:left|right|upper|lower)\s)?{_BODY_PART}"
    r"|(?:fractures?|bruis(?:es?|ing)|burns?|wounds?|h(?:a)?ematomas?|abrasions?|contusions?|lacerations?|scars?"
    r"|ecchymos[ei]s"
    rf"|swelling|grazes?)\s(?:of|on|to|in|around|under|over)\s(?:the|his|her|their|both|one)?\s?(?:(?:left|right"
    rf"|upper|lower)"
    rf"\s){{0,2}}{_BODY_PART}|concussion|brain\sdamage)\b"
    rf"|\b(?:fracturas?|fractures?|hematomas?|hématomes?|contusi(?:ón|on)|lesi(?:ón|ones)|brûlures?|quemaduras?|herida"
    rf"|plaie)\s(?:de\sla\s|del"
    r"\s|de\sl[’']|de\s|du\s|en\sel\s|en\sla\s|à\sla\s|au\s)(?:[a-zà-ÿ]+)(?:\s(?:izquierd[oa]|derech[oa]|gauche"
    r"|droite?))?",
)
#: Medicines with their dose.
_MEDICATION = re.compile(
    r"\b[a-z]{4,20}(?:ine|ol|am|one|ide|il|ate|in|ium|ole)\s\d{1,4}(?:\.\d{1,2})?\s?(?:mg|mcg|µg|ml)\b"
)
_SEXUALITY = re.compile(
    r"\b(?:homosexual(?:s|ity)?|heterosexual(?:ity)?|bisexual(?:s|ity)?|gay|lesbians?|transgender|transsexual(?:s"
    r"|ism|ity)?|gender\sreassignment|sexual\s(?:orientation|preference)|homosexuel(?:le)?s?|homosexualité"
    r"|lesbienne|lesbiana|homosexuales|transsexuel(?:le)?)\b",
)
_POLITICS = re.compile(
    r"\b(?:member(?:ship)?\sof\s(?:the\s)?(?P<a>(?:[A-Z][\w’'-]+\s){1,5}(?:Party|Front|Movement|League))|"
    r"(?P<b>communist|socialist|fascist|anarchist|Marxist|neo-Nazi|separatist)s?\s(?:views?|beliefs?|opinions?"
    r"|propaganda|sympath\w+)|voted\sfor\s(?P<c>[A-Z][\w’'-]+))"
)
_UNION = re.compile(
    r"\b(?P<a>trade[- ]union(?:ist)?\s(?:member(?:ship)?|activist|representative)s?|shop\ssteward|member\sof\s(?:a"
    r"|the|his|her)\s(?:trade\s)?union|syndiquée?s?\b|délégué\w*\ssyndica\w+|représentante?\ssyndica\w+"
    r"|adhérente?\s(?:à\sla|au)\s(?:cgt|cfdt|fo|syndicat)"
    r"|sindicalistas?|delegad[oa]\ssindical|enlace\ssindical|afiliad[oa]\sal?\s(?:sindicato|ugt|cc\.?\s?oo)"
    r"|está\safiliad[oa])\b",
)
_BIOMETRIC = re.compile(
    r"\b(?:fingerprints?|dna\s(?:profile|sample|sequence)s?|iris\sscans?|facial\s(?:template|geometry)|voiceprints?"
    r"|genetic\s(?:data|profile|test\sresults?)|empreintes?\s(?:digitales?|génétiques?)|huellas?\s(?:dactilares?"
    r"|digitales?)|perfil\sde\sadn)\b",
)


def find_special_category(passage: Passage) -> Iterator[Span]:
    """Statements of GDPR Art. 9 data about persons."""
    text, small = passage.text, in_small_letters(passage.text)
    yield from spans(_HEALTH, small, "HEALTH", "special/health", 0.7, "value")
    if passage.commercial:
        return
    for pattern, entity, rule, confidence in (
        (_HEALTH_PLAIN, "HEALTH", "special/health", 0.65),
        (_INJURY, "HEALTH", "special/injury", 0.6),
        (_MEDICATION, "HEALTH", "special/medication", 0.6),
        (_SEXUALITY, "SEXUALITY", "special/sexuality", 0.6),
        (_UNION, "UNION_MEMBERSHIP", "special/union", 0.6),
        (_BIOMETRIC, "BIOMETRIC", "special/biometric", 0.5),
    ):
        yield from spans(pattern, small, entity, rule, confidence)
    for match in _POLITICS.finditer(text):
        name = match.lastgroup or "a"
        yield Span(match.start(name), match.end(name), "POLITICS", "special/politics", 0.6)
