"""The tree against a naive one written straight from RFC 6962 §2.1."""

from __future__ import annotations

import hashlib

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.translog.edge import Edge
from gateway.translog.merkle import (
    EMPTY_ROOT,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from gateway.translog.tiles import Tile, decode_bundle, node_reader, parse_path, tiles_of_growth


def naive_root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(m: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_consistency(m: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [naive_root(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*naive_consistency(m, leaves[:k], whole), naive_root(leaves[k:])]
    return [*naive_consistency(m - k, leaves[k:], False), naive_root(leaves[:k])]


def leaves_of(size: int) -> list[bytes]:
    return [b"leaf %d" % i for i in range(size)]


def write(store: dict[str, bytes], edge: Edge, leaves: list[bytes]) -> None:
    """What a publisher does: full tiles on the way, partial ones at the end; no path changes."""
    for tile, data in [*edge.extend(leaves), *edge.partials()]:
        assert store.setdefault(tile.path, data) == data


SIZES = st.one_of(st.integers(0, 40), st.integers(250, 270), st.integers(500, 780))


def test_known_roots() -> None:
    """Roots that every RFC 6962 implementation agrees on (leaves of the CT reference tests)."""
    leaves = [bytes.fromhex(h) for h in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
    leaves.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
    roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    edge = Edge()
    assert edge.root() == EMPTY_ROOT
    for leaf, root in zip(leaves, roots, strict=True):
        edge.extend([leaf])
        assert edge.root().hex() == root


@settings(max_examples=40, deadline=None)
@given(st.lists(SIZES, min_size=1, max_size=4))
def test_growth_in_any_steps_gives_the_same_tree(sizes: list[int]) -> None:
    sizes = sorted(sizes)
    leaves = leaves_of(sizes[-1])
    store: dict[str, bytes] = {}
    named: set[str] = set()
    old = 0
    for new in sizes:
        edge = Edge.load(old, lambda tile: store[tile.path])
        write(store, edge, leaves[old:new])
        named |= {tile.path for tile in tiles_of_growth(old, new)}
        assert edge.size == new
        assert edge.root() == naive_root(leaves[:new])
        old = new
    # The list of names and what the edge writes are two pieces of code that must agree.
    assert named == set(store)
    size = sizes[-1]
    assert tree_root(size, node_reader(size, lambda tile: store[tile.path])) == naive_root(leaves)
    found = []
    for tile in tiles_of_growth(0, size):
        if tile.level is None:
            found += decode_bundle(store[tile.path], tile.width)
    assert found == leaves


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_proofs_from_tiles(data: st.DataObject) -> None:
    size = data.draw(st.one_of(st.integers(1, 70), st.integers(250, 600)))
    leaves = leaves_of(size)
    store: dict[str, bytes] = {}
    write(store, Edge(), leaves)
    node = node_reader(size, lambda tile: store[tile.path])
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(0, size))
    root, old_root = naive_root(leaves), naive_root(leaves[:old])

    path = inclusion_proof(index, size, node)
    assert path == naive_path(index, leaves)
    verify_inclusion(index, size, leaf_hash(leaves[index]), path, root)

    steps = consistency_proof(old, size, node)
    assert steps == (naive_consistency(old, leaves) if old else [])
    verify_consistency(old, size, old_root, root, steps)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_proof_fits_nothing_else(data: st.DataObject) -> None:
    """Any other index, size, leaf or hash makes the proof fail; none passes by accident."""
    size = data.draw(st.integers(2, 70))
    leaves = leaves_of(size)
    store: dict[str, bytes] = {}
    write(store, Edge(), leaves)
    node = node_reader(size, lambda tile: store[tile.path])
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_proof(index, size, node)
    root = naive_root(leaves)

    def passes(index: int, leaf: bytes, path: list[bytes]) -> bool:
        from gateway.errors import IntegrityFailure

        try:
            verify_inclusion(index, size, leaf, path, root)
        except IntegrityFailure:
            return False
        return True

    other = data.draw(st.integers(0, size + 70).filter(lambda i: i != index))
    assert not passes(other, leaf_hash(leaves[index]), path)
    assert not passes(index, leaf_hash(b"another"), path)
    assert not passes(index, leaf_hash(leaves[index]), path[:-1])
    assert not passes(index, leaf_hash(leaves[index]), [*path, root])
    place = data.draw(st.integers(0, len(path) - 1))
    flipped = bytes([path[place][0] ^ 1]) + path[place][1:]
    assert not passes(index, leaf_hash(leaves[index]), [*path[:place], flipped, *path[place + 1 :]])


@given(
    st.one_of(st.none(), st.integers(0, 63)),
    st.integers(0, 10**12),
    st.integers(1, 256),
)
def test_paths_read_back(level: int | None, index: int, width: int) -> None:
    tile = Tile(level, index, width)
    assert parse_path(tile.path) == tile
