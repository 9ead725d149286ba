// SPDX-License-Identifier: Apache-2.0

// Opens what Tieline signs and proves with code that is not Tieline's: the notes and trees of Go's checksum
// database (golang.org/x/mod/sumdb). Only the co-signature is checked by hand, as C2SP tlog-cosignature
// describes it, for that package knows plain Ed25519 alone.
//
// A JSON object comes on standard input, the findings leave as one on standard output. Exit code 1: refused.
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type input struct {
	Note         string
	LogKey       string
	CosignerKeys []string
	Size         int64
	Root         tlog.Hash
	Inclusion    *struct {
		Index    int64
		LeafData []byte
		Path     []tlog.Hash
	}
	Consistency *struct {
		From     int64
		FromRoot tlog.Hash
		Path     []tlog.Hash
	}
}

type findings struct {
	Text       string   `json:"text"`
	Verified   []string `json:"verified"`
	Unverified []string `json:"unverified"`
}

func main() {
	var in input
	err := json.NewDecoder(os.Stdin).Decode(&in)
	var found findings
	if err == nil {
		found, err = check(in)
	}
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(found)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(in input) (findings, error) {
	found := findings{Verified: []string{}, Unverified: []string{}}
	log, err := note.NewVerifier(in.LogKey)
	if err != nil {
		return found, err
	}
	verifiers := []note.Verifier{log}
	for _, text := range in.CosignerKeys {
		cosigner, err := newCosigner(text)
		if err != nil {
			return found, err
		}
		verifiers = append(verifiers, cosigner)
	}
	opened, err := note.Open([]byte(in.Note), note.VerifierList(verifiers...))
	if err != nil {
		return found, err
	}
	found.Text = opened.Text
	for _, signature := range opened.Sigs {
		found.Verified = append(found.Verified, signature.Name)
	}
	for _, signature := range opened.UnverifiedSigs {
		found.Unverified = append(found.Unverified, signature.Name)
	}
	return found, checkProofs(in, opened.Text)
}

func checkProofs(in input, text string) error {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[1] != fmt.Sprint(in.Size) || lines[2] != in.Root.String() {
		return errors.New("the note is not the checkpoint of this size and root")
	}
	if proof := in.Inclusion; proof != nil {
		leaf := tlog.RecordHash(proof.LeafData)
		if err := tlog.CheckRecord(proof.Path, in.Size, in.Root, proof.Index, leaf); err != nil {
			return fmt.Errorf("inclusion: %w", err)
		}
	}
	if proof := in.Consistency; proof != nil {
		err := tlog.CheckTree(proof.Path, in.Size, in.Root, proof.From, proof.FromRoot)
		if err != nil {
			return fmt.Errorf("consistency: %w", err)
		}
	}
	return nil
}

// A cosigner verifies the lines of one key as note.Verifier: type 0x04, `cosignature/v1`.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newCosigner(text string) (*cosigner, error) {
	parts := strings.SplitN(text, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("a verifier key has three parts")
	}
	hash, hashErr := hex.DecodeString(parts[1])
	key, keyErr := base64.StdEncoding.DecodeString(parts[2])
	if hashErr != nil || keyErr != nil || len(key) != 33 || key[0] != 0x04 {
		return nil, errors.New("not the verifier key of a cosigner")
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	if string(sum[:4]) != string(hash) {
		return nil, errors.New("the key hash is another")
	}
	return &cosigner{parts[0], binary.BigEndian.Uint32(hash), key[1:]}, nil
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }

func (c *cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	seconds := binary.BigEndian.Uint64(signature)
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", seconds, text)
	return ed25519.Verify(c.key, []byte(message), signature[8:])
}
