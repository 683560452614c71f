"""Whatever text, findings and segments: the plan covers all, overlaps nothing, and leaves no residue."""

from __future__ import annotations

import json
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.evidence.taxonomy import ENTITIES, Action
from gateway.redaction.document import CanonicalText, Finding, Layer, Segment
from gateway.redaction.matching import Phrase, PhraseIndex
from gateway.redaction.plan import build_plan
from gateway.redaction.pseudonym import Pseudonymiser
from gateway.redaction.report import build_report
from gateway.redaction.residue import prove_clean

WORDS = [
    "Ann", "Lee", "Redfearn", "redfearn", "Mr", "de", "Müller", "Mu\u0308ller", "田中さん", "😀", "12", "May", "2004",
    "47", "721,402", "no.", "18403/91", "a.lee@example.org", "Price", "price", "Smith-\nson", "Smithson", "e\u0301",
    "soft\u00adware", "х", "Ω", "[PD-NAME]", "&amp;", "%20", "\u202eabc", "A", "I.", "the", "Redfe%61rn",
    "&#82;edfearn", "<b>", "=\n", "=52edfearn", "\\u0052edfearn", "18403%2F91", "\\nRedfearn", "&ouml;", "M&#252;ller",
]  # fmt: skip
GAPS = [" ", "\n", ", ", "\t", "-", "/", "", ". ", "\n\n"]

texts = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(GAPS)), min_size=1, max_size=40).map(
    lambda pairs: "".join(word + gap for word, gap in pairs)
)
keys = st.binary(min_size=32, max_size=32)


@st.composite
def situations(draw: st.DrawFn) -> tuple[CanonicalText, list[Finding], dict[str, Action]]:
    text = draw(texts)
    # No format lays two parts side by side so that their words run together; splicing.py puts something between.
    between = [at for at in range(1, len(text)) if not (text[at - 1].isalnum() and text[at].isalnum())]
    chosen = draw(st.sets(st.sampled_from(between), max_size=4)) if between else set()
    cuts = sorted(chosen | {0, len(text)})
    segments = tuple(
        Segment(start, end - draw(st.integers(0, 1)) if end > start + 1 else end, f"part {start}")
        for start, end in pairwise(cuts)
        if end > start
    )
    findings = []
    for _ in range(draw(st.integers(0, 8))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 30)))
        entity = draw(
            st.sampled_from(["PERSON", "DATE", "EMAIL", "AMOUNT", "AGE", "LOCATION", "HEALTH", "NATIONALITY"])
        )
        findings.append(Finding(start, end, entity, f"rule-{draw(st.integers(0, 2))}", draw(st.floats(0, 1))))
    actions = {entity: draw(st.sampled_from(list(Action))) for entity in ENTITIES}
    return CanonicalText(text, segments, "test", "1"), findings, actions


@settings(max_examples=300, deadline=None)
@given(situations(), keys)
def test_a_plan_is_sound_and_its_rendition_clean(
    situation: tuple[CanonicalText, list[Finding], dict[str, Action]], key: bytes
) -> None:
    document, findings, actions = situation
    text = document.text
    plan = build_plan(document, findings, lambda category, entity: actions[entity], Pseudonymiser(key))

    position = 0
    for redaction in plan.redactions:
        assert position <= redaction.start < redaction.end
        position = redaction.end
        segment = document.segment_at(redaction.start)
        assert segment is not None
        assert redaction.end <= segment.end
        assert redaction.action is not Action.KEEP

    covered = {at for redaction in plan.redactions for at in range(redaction.start, redaction.end)}
    for finding in findings:
        if actions[finding.entity] is not Action.KEEP:
            for at in range(finding.start, finding.end):
                # Blanks at the edges of a finding say nothing; what lies between segments is the format's.
                assert at in covered or text[at].isspace() or document.segment_at(at) is None

    proof = prove_clean(
        plan.removed,
        [Layer("text", plan.expected_text), Layer("raw", plan.expected_text, raw=True)],
        plan.expected_text,
    )
    assert proof.hits == 0

    report = json.dumps(
        build_report(exhibit="e", view="v", document=document, plan=plan, proof=proof, source_commitment="c"),
        ensure_ascii=False,
    )
    distinctive = [phrase for value in plan.removed if not value.contextual and (phrase := Phrase.of(value.value))]
    names = [phrase for phrase in distinctive if phrase.words[0] in {"redfearn", "smithson", "müller", "18403"}]
    assert not list(PhraseIndex(names).find(report))


@settings(max_examples=100, deadline=None)
@given(situations(), keys)
def test_plans_are_deterministic(situation: tuple[CanonicalText, list[Finding], dict[str, Action]], key: bytes) -> None:
    document, findings, actions = situation
    first = build_plan(document, findings, lambda category, entity: actions[entity], Pseudonymiser(key))
    second = build_plan(document, findings[::-1], lambda category, entity: actions[entity], Pseudonymiser(key))
    assert first == second
