// SPDX-License-Identifier: Apache-2.0

// Reads a log as anybody may who has its keys, by code that is not Tieline's: checkpoint and tiles by torchwood
// (C2SP tlog-tiles and tlog-cosignature), notes and proofs by golang.org/x/mod/sumdb.
//
// A JSON object comes on standard input: where the log is, its verifier keys, and hashes of leaves that have to be in it. What was
// found leaves as one on standard output. Exit code 1: refused.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type input struct {
	URL       string
	LogKeys   []string
	Cosigners []string
	Leaves    []struct {
		Index int64
		Hash  tlog.Hash
	}
}

type findings struct {
	Origin   string   `json:"origin"`
	Size     int64    `json:"size"`
	Root     string   `json:"root"`
	Verified []string `json:"verified"`
	Proven   int      `json:"proven"`
}

func main() {
	var in input
	err := json.NewDecoder(os.Stdin).Decode(&in)
	var found findings
	if err == nil {
		found, err = read(in)
	}
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(found)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(in input) (findings, error) {
	ctx := context.Background()
	found := findings{Verified: []string{}}
	verifiers := []note.Verifier{}
	for _, key := range in.LogKeys {
		verifier, err := note.NewVerifier(key)
		if err != nil {
			return found, err
		}
		verifiers = append(verifiers, verifier)
	}
	for _, key := range in.Cosigners {
		verifier, err := torchwood.NewCosignatureVerifier(key)
		if err != nil {
			return found, err
		}
		verifiers = append(verifiers, verifier)
	}
	tiles, err := torchwood.NewTileFetcher(in.URL)
	if err != nil {
		return found, err
	}
	signed, err := tiles.ReadEndpoint(ctx, "checkpoint")
	if err != nil {
		return found, err
	}
	opened, err := note.Open(signed, note.VerifierList(verifiers...))
	if err != nil {
		return found, err
	}
	for _, signature := range opened.Sigs {
		found.Verified = append(found.Verified, signature.Name)
	}
	checkpoint, err := torchwood.ParseCheckpoint(opened.Text)
	if err != nil {
		return found, err
	}
	found.Origin, found.Size, found.Root = checkpoint.Origin, checkpoint.N, checkpoint.Hash.String()
	hashes := torchwood.TileHashReaderWithContext(ctx, checkpoint.Tree, tiles)
	for _, leaf := range in.Leaves {
		proof, err := tlog.ProveRecord(checkpoint.N, leaf.Index, hashes)
		if err != nil {
			return found, fmt.Errorf("leaf %d: %w", leaf.Index, err)
		}
		if err := tlog.CheckRecord(proof, checkpoint.N, checkpoint.Hash, leaf.Index, leaf.Hash); err != nil {
			return found, fmt.Errorf("leaf %d: %w", leaf.Index, err)
		}
		found.Proven++
	}
	return found, nil
}
