// Go's own transparency log, golang.org/x/mod/sumdb/tlog and note, looks at a log or at a proof that the hub wrote.
//
//	tlog log DIR VKEY [OLDER]      every entry against its tile, every tile against the signed root, proofs between
//	tlog proof PROOF ENTRY VKEY    one C2SP tlog-proof and the entry beside it
//
// It prints what it accepted and ends with 0, or says what it does not accept and ends with 1. Nothing here is the hub's:
// parsing of notes, hashing, tiles and proofs are Go's.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height = 8
	width  = 1 << height
)

// folder is a log as C2SP tlog-tiles lays it out; Go names its tiles tile/8/L/N where C2SP says tile/L/N.
type folder string

func (dir folder) Height() int { return height }

func (dir folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(dir), path))
		if err != nil {
			return nil, err
		}
		if len(data) != tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s has %d bytes instead of %d", path, len(data), tile.W*tlog.HashSize)
		}
		found = append(found, data)
	}
	return found, nil
}

func (dir folder) SaveTiles([]tlog.Tile, [][]byte) {}

// entries of one bundle: each after its length as a big-endian uint16.
func (dir folder) entries(index int64, count int) ([][]byte, error) {
	tile := tlog.Tile{H: height, L: 0, N: index, W: count}
	path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/0/", height), "tile/entries/", 1)
	data, err := os.ReadFile(filepath.Join(string(dir), path))
	if err != nil {
		return nil, err
	}
	var found [][]byte
	for len(data) >= 2 {
		end := 2 + int(binary.BigEndian.Uint16(data))
		if len(data) < end {
			break
		}
		found = append(found, data[2:end])
		data = data[end:]
	}
	if len(data) != 0 || len(found) != count {
		return nil, fmt.Errorf("%s has %d whole entries instead of %d, and %d bytes more", path, len(found), count, len(data))
	}
	return found, nil
}

// opened gives the tree of a checkpoint that is signed by the key and belongs to the key's log.
func opened(text []byte, vkey string) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tlog.Tree{}, err
	}
	signed, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	// Go's tree head has a fixed first line; a checkpoint has its log's name there.
	origin, rest, _ := strings.Cut(signed.Text, "\n")
	if origin != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("the checkpoint is of the log %q, the key of %q", origin, verifier.Name())
	}
	return tlog.ParseTree([]byte("go.sum database tree\n" + rest))
}

func checkLog(dir folder, vkey string, older string) error {
	text, err := os.ReadFile(filepath.Join(string(dir), "checkpoint"))
	if err != nil {
		return err
	}
	tree, err := opened(text, vkey)
	if err != nil {
		return err
	}
	tiles := tlog.TileHashReader(tree, dir)
	if root, err := tlog.TreeHash(tree.N, tiles); err != nil || root != tree.Hash {
		return fmt.Errorf("the tiles lead to %v, signed is %v: %v", root, tree.Hash, err)
	}
	proofs := 0
	for first := int64(0); first < tree.N; first += width {
		count := int(tree.N - first)
		if count > width {
			count = width
		}
		if err := checkBundle(dir, tiles, tree, first, count); err != nil {
			return err
		}
		proofs++
	}
	fmt.Printf("entries %d, inclusion proofs %d\n", tree.N, proofs)
	if older == "" {
		return nil
	}
	return checkGrowth(tiles, tree, vkey, older)
}

// checkBundle compares all entries of a bundle with their tile, which Go has led to the root, and proves one of them.
func checkBundle(dir folder, tiles tlog.HashReader, tree tlog.Tree, first int64, count int) error {
	entries, err := dir.entries(first/width, count)
	if err != nil {
		return err
	}
	indexes := make([]int64, count)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, first+int64(i))
	}
	stored, err := tiles.ReadHashes(indexes)
	if err != nil {
		return err
	}
	for i, entry := range entries {
		if tlog.RecordHash(entry) != stored[i] {
			return fmt.Errorf("entry %d is not the one that the tree has", first+int64(i))
		}
	}
	chosen := int(first/width) * 97 % count
	proof, err := tlog.ProveRecord(tree.N, first+int64(chosen), tiles)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, first+int64(chosen), tlog.RecordHash(entries[chosen]))
}

func checkGrowth(tiles tlog.HashReader, tree tlog.Tree, vkey string, older string) error {
	text, err := os.ReadFile(older)
	if err != nil {
		return err
	}
	before, err := opened(text, vkey)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(tree.N, before.N, tiles)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(proof, tree.N, tree.Hash, before.N, before.Hash); err != nil {
		return err
	}
	fmt.Printf("begins with the %d entries of the older checkpoint\n", before.N)
	return nil
}

func checkProof(path string, entry string, vkey string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	body, err := os.ReadFile(entry)
	if err != nil {
		return err
	}
	claim, signed, _ := strings.Cut(string(text), "\n\n")
	tree, err := opened([]byte(signed), vkey)
	if err != nil {
		return err
	}
	lines := strings.Split(claim, "\n")
	var index int64
	if lines[0] != "c2sp.org/tlog-proof@v1" || len(lines) < 2 {
		return fmt.Errorf("%q is not the beginning of a proof", lines[0])
	}
	if _, err := fmt.Sscanf(lines[1], "index %d", &index); err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		raw, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(raw) != tlog.HashSize {
			return fmt.Errorf("%q is not a hash", line)
		}
		var hash tlog.Hash
		copy(hash[:], raw)
		proof = append(proof, hash)
	}
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(body)); err != nil {
		return err
	}
	fmt.Printf("entry %d of %d is proved\n", index, tree.N)
	return nil
}

func main() {
	arguments := append(os.Args[1:], "", "", "", "")
	err := fmt.Errorf("say: tlog log DIR VKEY [OLDER], or tlog proof PROOF ENTRY VKEY")
	switch arguments[0] {
	case "log":
		err = checkLog(folder(arguments[1]), arguments[2], arguments[3])
	case "proof":
		err = checkProof(arguments[1], arguments[2], arguments[3])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
