"""The Merkle tree of RFC 6962 §2.1: hashes, roots, and inclusion and consistency proofs.

Pure functions on SHA-256 digests (32 bytes). A *node* is named by (level, index): the root of the
complete subtree over leaves ``index * 2**level`` to ``(index + 1) * 2**level``; every other subtree
is made of such nodes. Makers of proofs take a reader of nodes and do not care where they lie.
Verifiers take nothing on trust: a proof must have exactly the length that its sizes call for.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence

from gateway.errors import IntegrityFailure, InvalidInput

HASH_BYTES = 32
#: Root of a tree without leaves: SHA-256 of nothing.
EMPTY_ROOT = hashlib.sha256(b"").digest()

#: (level, index) -> hash of that complete subtree.
NodeReader = Callable[[int, int], bytes]

_sha256 = hashlib.sha256


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 || data). The prefix keeps a leaf from passing for a node (RFC 6962 §2.1)."""
    return _sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return _sha256(b"\x01" + left + right).digest()


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Root over a power of two of sibling hashes, as one tile has them."""
    level = list(hashes)
    if not level or len(level) & (len(level) - 1):
        raise ValueError("a perfect tree has a power of two of leaves")
    while len(level) > 1:
        pairs = iter(level)
        level = [_sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
    return level[0]


def fold(nodes: Sequence[bytes]) -> bytes:
    """Root over the complete subtrees that make up a tree, largest (leftmost) first."""
    if not nodes:
        return EMPTY_ROOT
    root = nodes[-1]
    for node in reversed(nodes[:-1]):
        root = node_hash(node, root)
    return root


def cover(start: int, end: int) -> list[tuple[int, int]]:
    """The complete subtrees that make up leaves ``start`` to ``end``, largest first.

    ``start`` must be where a split of an RFC 6962 tree falls, so sizes only shrink to the right.
    """
    found: list[tuple[int, int]] = []
    while start < end:
        level = (end - start).bit_length() - 1
        found.append((level, start >> level))
        start += 1 << level
    return found


def tree_root(size: int, node: NodeReader) -> bytes:
    """Root of the tree over the first ``size`` leaves."""
    return fold([node(level, index) for level, index in cover(0, size)])


def inclusion_proof(index: int, size: int, node: NodeReader) -> list[bytes]:
    """Audit path of leaf ``index`` in the tree of ``size`` leaves, leaf's sibling first (§2.1.1).

    Raises:
        InvalidInput: ``log-proof-range`` unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise _range(f"the tree of size {size} has no entry {index}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_root(middle, end, node))
            end = middle
        else:
            path.append(_range_root(start, middle, node))
            start = middle
    path.reverse()
    return path


def consistency_proof(old: int, new: int, node: NodeReader) -> list[bytes]:
    """Proof that the tree of ``old`` leaves is a prefix of the tree of ``new`` leaves (§2.1.2).

    Raises:
        InvalidInput: ``log-proof-range`` unless 0 <= old <= new. From 0 or to itself it is empty.
    """
    if not 0 <= old <= new:
        raise _range(f"a tree cannot grow from {old} to {new} entries")
    if old in (0, new):
        return []
    path: list[bytes] = []
    start, end = 0, new
    # Descend to the last complete subtree of the old tree; on the way each other side is a step.
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range_root(middle, end, node))
            end = middle
        else:
            path.append(_range_root(start, middle, node))
            start = middle
    # That subtree is the seed of the proof, left out where it is the whole old tree: the verifier
    # has its root already.
    if start != 0:
        path.append(_range_root(start, end, node))
    path.reverse()
    return path


def root_from_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """The root that a proof leads to (RFC 9162 §2.1.3.2).

    Raises:
        IntegrityFailure: ``log-proof-invalid`` if the proof cannot belong to that index and size.
    """
    if not 0 <= index < size or len(leaf) != HASH_BYTES:
        raise _bad("the index is not in the tree")
    _check_hashes(proof)
    # The path splits in two: ``inner`` steps where leaf and edge are in different subtrees, then
    # one step for each subtree to the left.
    inner = (index ^ (size - 1)).bit_length()
    if len(proof) != inner + (index >> inner).bit_count():
        raise _bad("it has the wrong number of hashes")
    root = leaf
    for i, sibling in enumerate(proof):
        on_left = i >= inner or (index >> i) & 1
        root = node_hash(sibling, root) if on_left else node_hash(root, sibling)
    return root


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf *hash* is at ``index`` of the tree with that size and root.

    Raises:
        IntegrityFailure: ``log-proof-invalid``.
    """
    if not hmac.compare_digest(root_from_inclusion(index, size, leaf, proof), root):
        raise _bad("it leads to another root")


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the new tree begins with the whole old tree (RFC 9162 §2.1.4.2).

    Raises:
        IntegrityFailure: ``log-proof-invalid``. From size 0 only the empty proof passes, and the
            old root must be that of the empty tree.
    """
    if not 0 <= old <= new:
        raise _bad("the new tree is smaller than the old one")
    _check_hashes(proof)
    if old in (0, new):
        if proof:
            raise _bad("it has hashes where none are needed")
        expected = new_root if old == new else EMPTY_ROOT
        if not hmac.compare_digest(expected, old_root) or (new == 0 and not hmac.compare_digest(new_root, EMPTY_ROOT)):
            raise _bad("the roots differ")
        return
    # Strip the levels at which the old tree is complete: its last complete subtree is the seed.
    shift = (old & -old).bit_length() - 1
    inner = ((old - 1) ^ (new - 1)).bit_length() - shift
    border = ((old - 1) >> (inner + shift)).bit_count()
    if old == 1 << shift:
        seed, path = old_root, list(proof)
    else:
        if not proof:
            raise _bad("it has the wrong number of hashes")
        seed, path = proof[0], list(proof[1:])
    if len(path) != inner + border:
        raise _bad("it has the wrong number of hashes")
    mask = (old - 1) >> shift
    old_node = new_node = seed
    for i, sibling in enumerate(path):
        if i >= inner or (mask >> i) & 1:
            old_node = node_hash(sibling, old_node)
            new_node = node_hash(sibling, new_node)
        else:
            new_node = node_hash(new_node, sibling)
    if not hmac.compare_digest(old_node, old_root):
        raise _bad("it leads to another old root")
    if not hmac.compare_digest(new_node, new_root):
        raise _bad("it leads to another new root")


def _split(n: int) -> int:
    """The largest power of two below n."""
    return 1 << ((n - 1).bit_length() - 1)


def _range_root(start: int, end: int, node: NodeReader) -> bytes:
    return fold([node(level, index) for level, index in cover(start, end)])


def _check_hashes(proof: Sequence[bytes]) -> None:
    if any(len(item) != HASH_BYTES for item in proof):
        raise _bad("a hash has not 32 bytes")


def _range(reason: str) -> InvalidInput:
    return InvalidInput("log-proof-range", f"There is no such proof: {reason}.", remedy="Ask within the tree's size.")


def _bad(reason: str) -> IntegrityFailure:
    return IntegrityFailure(
        "log-proof-invalid",
        f"The proof does not verify: {reason}.",
        remedy="Do not rely on the entry; keep the proof and ask the operator of the log.",
    )
