"""Technical secrets of AI systems: system prompts, hyper-parameters and sizes of models, code.

What a system under investigation is made of is the trade secret that matters most here. Forms, not
meaning: a prompt after its label, settings after their name, fenced code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.detectors.text.passage import Passage, Span, spans

_PROMPT = re.compile(
    r"(?im)^[ \t>]*[\"']?(?:system[ _-]?prompt|system[ _-]?message|system[ _-]?instructions?|<\|?system\|?>"
    r"|\[?system\]?)[\"']?\s?[:=]\s?[\"']?(?P<value>\S(?:[^\n]|\n(?!\s*\n|[ \t>]*\[?(?:user|assistant"
    r"|human)\b)){8,8000})"
)
_SETTING = re.compile(
    r"\b(?:learning[ _-]?rate|batch[ _-]?size|weight[ _-]?decay|dropout|warm-?up[ _-]?steps?|num(?:ber)?[ _-]?"
    r"(?:of[ _-])?(?:layers|heads|epochs|experts|params|parameters)|n[_-](?:layers?|heads?|embd|ctx|params)"
    r"|hidden[ _-]?(?:size|dim)|d_model|d_ff|context[ _-](?:length|window)"
    r"|vocab(?:ulary)?[ _-]?size|epochs|top_[pk]|temperature|lora[_ -](?:rank|alpha)|max_tokens"
    r"|gradient[ _-]?clip\w*|momentum|beta[12])[\"']?\s?(?:is\sset\sto|was\sset\sto|was|is|of|[:=])\s?[\"']?"
    r"(?P<value>[-+]?\d[\d,_]*(?:\.\d+)?(?:[eE][-+]?\d{1,3})?[kKMB]?)\b",
    re.IGNORECASE,
)
_SIZE = re.compile(
    r"(?<![\w.])(?P<value>\d{1,4}(?:\.\d)?\s?(?:B|M|bn|billion|million|trillion))[\s-](?:parameters?|params|weights)\b",
    re.IGNORECASE,
)
_FENCED = re.compile(r"```[^\n`]{0,30}\n(?P<value>[\s\S]{1,8000}?)(?:```|$)")
_DIGEST_OF_WEIGHTS = re.compile(
    r"\b(?:checkpoint|weights?)\s?(?:file|hash|sha256|digest)?\s?[:=]\s?(?P<value>[0-9a-f]{32,64}|\S+\."
    r"(?:safetensors|ckpt|pt|bin|gguf|onnx))\b",
    re.IGNORECASE,
)


def find_technical(passage: Passage) -> Iterator[Span]:
    """Technical secrets in a passage."""
    text = passage.text
    for pattern, entity, rule, confidence in (
        (_PROMPT, "SYSTEM_PROMPT", "technical/prompt", 0.8),
        (_SETTING, "MODEL_DETAIL", "technical/setting", 0.75),
        (_SIZE, "MODEL_DETAIL", "technical/size", 0.7),
        (_DIGEST_OF_WEIGHTS, "MODEL_DETAIL", "technical/weights", 0.6),
        (_FENCED, "SOURCE_CODE", "technical/code", 0.7),
    ):
        yield from spans(pattern, text, entity, rule, confidence, "value")
