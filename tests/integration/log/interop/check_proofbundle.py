"""Run in an environment of its own with PyPI proofbundle: prints its verdicts as JSON."""

import json
import sys

from proofbundle.checkpoint import verify_checkpoint, verify_witnessed_checkpoint
from proofbundle.merkle import verify_consistency
from proofbundle.tlogproof import verify_tlog_proof


def verdict(call, *arguments, **named):
    try:
        found = call(*arguments, **named)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return bool(found["ok"]) if isinstance(found, dict) else bool(found)


case = json.load(sys.stdin)
keys = case["witnesses"]
json.dump(
    {
        "checkpoint": verdict(verify_checkpoint, case["checkpoint"], case["vkey"]),
        "witnessed": verdict(verify_witnessed_checkpoint, case["cosigned"], case["vkey"], keys, threshold=2),
        "proof": verdict(verify_tlog_proof, case["proof"], case["leaf"].encode(), case["vkey"], keys, threshold=2),
        "consistency": verdict(
            verify_consistency,
            case["old"],
            case["new"],
            [bytes.fromhex(item) for item in case["hashes"]],
            bytes.fromhex(case["old_root"]),
            bytes.fromhex(case["new_root"]),
        ),
    },
    sys.stdout,
)
