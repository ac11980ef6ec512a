// Foreignlog checks an exported log with Go's own note and tlog packages: foreignlog FOLDER VKEY.
// With a third word, "root", it stops where all entries give the checkpoint's root.
//
// It opens the checkpoint with the log's key, authenticates every tile against the checkpoint's
// root, hashes every entry again, and checks an inclusion proof of each entry and a consistency
// proof from each full tile. Nothing of it is shared with the program that wrote the log.
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

const height = 8

// folder serves the tiles of an export: C2SP names them without the height.
type folder string

func (f folder) Height() int { return height }

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(f.path(tile))
		if err != nil {
			return nil, err
		}
		read = append(read, data)
	}
	return read, nil
}

func (f folder) path(tile tlog.Tile) string {
	name := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", height))
	if tile.L == -1 {
		name = "entries" + strings.TrimPrefix(name, "data")
	}
	return filepath.Join(string(f), "tile", filepath.FromSlash(name))
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// head opens the checkpoint; tlog.ParseTree knows one origin only, so the lines are read here.
func head(f folder, vkey string) tlog.Tree {
	verifier, err := note.NewVerifier(vkey)
	must(err)
	signed, err := os.ReadFile(filepath.Join(string(f), "checkpoint"))
	must(err)
	opened, err := note.Open(signed, note.VerifierList(verifier))
	must(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		must(fmt.Errorf("checkpoint: not three lines of %s", verifier.Name()))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := base64.StdEncoding.DecodeString(lines[2])
	must(err)
	tree := tlog.Tree{N: size}
	if copy(tree.Hash[:], root) != len(tree.Hash) {
		must(fmt.Errorf("checkpoint: root of %d bytes", len(root)))
	}
	return tree
}

// entries returns the entries of the log in order.
func entries(f folder, size int64) (all [][]byte) {
	for first := int64(0); first < size; first += 1 << height {
		width := size - first
		if width > 1<<height {
			width = 1 << height
		}
		bundle := tlog.Tile{H: height, L: -1, N: first >> height, W: int(width)}
		data, err := os.ReadFile(f.path(bundle))
		must(err)
		for len(data) >= 2 && len(data) >= 2+int(binary.BigEndian.Uint16(data)) {
			end := 2 + int(binary.BigEndian.Uint16(data))
			all = append(all, data[2:end])
			data = data[end:]
		}
		if len(data) != 0 || int64(len(all)) != first+width {
			must(fmt.Errorf("entries: bundle %d is not of %d entries", bundle.N, width))
		}
	}
	return all
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: foreignlog FOLDER VKEY [root]")
		os.Exit(2)
	}
	export := folder(os.Args[1])
	tree := head(export, os.Args[2])
	stored := tlog.TileHashReader(tree, export)
	var own []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) (found []tlog.Hash, err error) {
		for _, index := range indexes {
			found = append(found, own[index])
		}
		return found, nil
	})
	all := entries(export, tree.N)
	for index, entry := range all {
		hashes, err := tlog.StoredHashes(int64(index), entry, reader)
		must(err)
		own = append(own, hashes...)
	}
	root, err := tlog.TreeHash(tree.N, reader)
	must(err)
	if root != tree.Hash {
		must(fmt.Errorf("entries: their root is not the checkpoint's"))
	}
	if len(os.Args) > 3 {
		fmt.Printf("%d %s\n", tree.N, base64.StdEncoding.EncodeToString(tree.Hash[:]))
		return
	}
	for index, entry := range all {
		proof, err := tlog.ProveRecord(tree.N, int64(index), stored)
		must(err)
		must(tlog.CheckRecord(proof, tree.N, tree.Hash, int64(index), tlog.RecordHash(entry)))
	}
	for size := int64(1 << height); size < tree.N; size += 1 << height {
		old, err := tlog.TreeHash(size, stored)
		must(err)
		proof, err := tlog.ProveTree(tree.N, size, stored)
		must(err)
		must(tlog.CheckTree(proof, tree.N, tree.Hash, size, old))
	}
	fmt.Printf("%d %s\n", tree.N, base64.StdEncoding.EncodeToString(tree.Hash[:]))
}
