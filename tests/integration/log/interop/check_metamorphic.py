"""Run in an environment of its own with PyPI metamorphic-log: prints its verdicts as JSON."""

import hashlib
import json
import sys

import metamorphic_log as ml


def verdict(call, *arguments):
    try:
        call(*arguments)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return True


case = json.load(sys.stdin)
leaf = hashlib.sha256(b"\0" + case["leaf"].encode()).digest()
hashes = [bytes.fromhex(item) for item in case["hashes"]]
path = [bytes.fromhex(item) for item in case["path"]]
json.dump(
    {
        "checkpoint": verdict(ml.checkpoint_verify, case["checkpoint"], [case["vkey"]]),
        "cosigned": verdict(ml.checkpoint_verify, case["cosigned"], [case["vkey"]]),
        "proof": verdict(ml.checkpoint_verify_inclusion, case["cosigned"], [case["vkey"]], case["index"], leaf, path),
        "consistency": verdict(
            ml.checkpoint_verify_consistency, case["old_checkpoint"], case["cosigned"], [case["vkey"]], hashes
        ),
    },
    sys.stdout,
)
