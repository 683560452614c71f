// Checks an exported log with Go's own packages for transparency logs, which know nothing of the
// evidence gateway: sumdb/note for the signature, sumdb/tlog for tiles, records and trees.
//
//	check FOLDER OLDSIZE OLDROOT(base64)
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func check(err error) {
	if err != nil {
		fmt.Println("FAULT:", err)
		os.Exit(1)
	}
}

// files reads tiles as c2sp.org/tlog-tiles names them; Go's own names have the height in them.
type files string

func (f files) Height() int { return 8 }

func (f files) path(level string, n int64, width int) string {
	name := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		name = fmt.Sprintf("x%03d/%s", n%1000, name)
	}
	path := filepath.Join(string(f), "tile", level, name)
	if width < 256 {
		path += ".p/" + strconv.Itoa(width)
	}
	return path
}

func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, t := range tiles {
		data, err := os.ReadFile(f.path(strconv.Itoa(t.L), t.N, t.W))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (f files) SaveTiles([]tlog.Tile, [][]byte) {}

func main() {
	dir := os.Args[1]
	vkey, err := os.ReadFile(filepath.Join(dir, "log.vkey"))
	check(err)
	verifier, err := note.NewVerifier(strings.TrimSpace(string(vkey)))
	check(err)
	signed, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	check(err)
	opened, err := note.Open(signed, note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := tlog.ParseHash(lines[2])
	check(err)

	reader := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, files(dir))
	for n := int64(0); n < size; {
		width := size - n
		if width > 256 {
			width = 256
		}
		bundle, err := os.ReadFile(files(dir).path("entries", n/256, int(width)))
		check(err)
		for i := int64(0); i < width; i++ {
			if len(bundle) < 2 {
				check(fmt.Errorf("bundle cut short at entry %d", n))
			}
			length := int(binary.BigEndian.Uint16(bundle))
			if len(bundle) < 2+length {
				check(fmt.Errorf("bundle cut short at entry %d", n))
			}
			leaf := tlog.RecordHash(bundle[2 : 2+length])
			bundle = bundle[2+length:]
			if n%37 == 0 || n == size-1 {
				proof, err := tlog.ProveRecord(size, n, reader)
				check(err)
				check(tlog.CheckRecord(proof, size, root, n, leaf))
			} else {
				stored, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, n)})
				check(err)
				if stored[0] != leaf {
					check(fmt.Errorf("entry %d is not the one in the tree", n))
				}
			}
			n++
		}
		if len(bundle) != 0 {
			check(fmt.Errorf("bytes after entry %d", n))
		}
	}
	// Our consistency proof: the old tree and the hashes come from the gateway, on the command line.
	old, err := strconv.ParseInt(os.Args[2], 10, 64)
	check(err)
	oldRoot, err := tlog.ParseHash(os.Args[3])
	check(err)
	var proof tlog.TreeProof
	for _, text := range os.Args[4:] {
		data, err := base64.StdEncoding.DecodeString(text)
		check(err)
		var hash tlog.Hash
		copy(hash[:], data)
		proof = append(proof, hash)
	}
	check(tlog.CheckTree(proof, size, root, old, oldRoot))
	fmt.Println("OK", size)
}
