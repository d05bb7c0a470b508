// Command verify checks that an entry is in a log, with Go's own checksum database code and none of ours:
//
//	verify PROOF ENTRY VKEY           one proof
//	verify -mutate N PROOF ENTRY VKEY  the same, then N changed ones, none of which may pass
//
// VKEY is the log's Ed25519 vkey. Cosignatures are left to those who know the witnesses.
package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// proof is a tlog-proof taken apart.
type proof struct {
	index int64
	path  tlog.RecordProof
	note  []byte
}

func parse(text []byte) (*proof, error) {
	head, rest, found := strings.Cut(string(text), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return nil, errors.New("not a tlog-proof")
	}
	lines = lines[1:]
	if strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	if len(lines) == 0 {
		return nil, errors.New("no index")
	}
	index, err := number(strings.TrimPrefix(lines[0], "index "))
	if err != nil || !strings.HasPrefix(lines[0], "index ") {
		return nil, errors.New("no index")
	}
	p := &proof{index: index, note: []byte(rest)}
	for _, line := range lines[1:] {
		h, err := hash(line)
		if err != nil {
			return nil, err
		}
		p.path = append(p.path, h)
	}
	return p, nil
}

func number(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != text {
		return 0, errors.New("not a number")
	}
	return n, nil
}

func hash(line string) (tlog.Hash, error) {
	var h tlog.Hash
	decoded, err := base64.StdEncoding.Strict().DecodeString(line)
	if err != nil || len(decoded) != len(h) || strings.ContainsAny(line, "\r\n") {
		return h, errors.New("not a hash")
	}
	copy(h[:], decoded)
	return h, nil
}

// verify says why the proof does not show the entry to be in the verifier's log.
func verify(text, entry []byte, key note.Verifier) error {
	p, err := parse(text)
	if err != nil {
		return err
	}
	opened, err := note.Open(p.note, note.VerifierList(key))
	if err != nil {
		return err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != key.Name() {
		return errors.New("not a checkpoint of this log")
	}
	size, err := number(lines[1])
	if err != nil {
		return err
	}
	root, err := hash(lines[2])
	if err != nil {
		return err
	}
	return tlog.CheckRecord(p.path, size, root, p.index, tlog.RecordHash(entry))
}

// meaning is what a verifier reads out of a proof: two spellings of one meaning are one proof.
func meaning(text []byte, key note.Verifier) string {
	p, err := parse(text)
	if err != nil {
		return "none"
	}
	opened, err := note.Open(p.note, note.VerifierList(key))
	if err != nil {
		return "none"
	}
	said := fmt.Sprint(p.index, p.path, opened.Text)
	for _, sig := range opened.Sigs {
		decoded, _ := base64.StdEncoding.DecodeString(sig.Base64)
		said += string(decoded)
	}
	return said
}

// mutated changes what the verifier relies on: everything but the signature lines of others.
func mutated(r *rand.Rand, text, entry []byte, checked int) ([]byte, []byte) {
	text, entry = bytes.Clone(text), bytes.Clone(entry)
	switch r.Intn(9) {
	case 0, 1, 2:
		text[r.Intn(checked)] ^= byte(1 << r.Intn(8))
	case 3:
		text[r.Intn(checked)] = byte(r.Intn(256))
	case 4:
		at := r.Intn(checked)
		text = append(text[:at], text[at+1:]...)
	case 5:
		at := r.Intn(checked)
		text = append(text[:at], append([]byte{byte(r.Intn(256))}, text[at:]...)...)
	case 6:
		entry[r.Intn(len(entry))] ^= byte(1 << r.Intn(8))
	case 7:
		lines := bytes.SplitAfter(text, []byte("\n"))
		a, b := r.Intn(len(lines)), r.Intn(len(lines))
		lines[a], lines[b] = lines[b], lines[a]
		text = bytes.Join(lines, nil)
	case 8:
		lines := bytes.SplitAfter(text, []byte("\n"))
		at := 1 + r.Intn(len(lines)-1)
		lines = append(lines[:at], append([][]byte{lines[r.Intn(len(lines))]}, lines[at:]...)...)
		text = bytes.Join(lines, nil)
	}
	return text, entry
}

func run() error {
	count := flag.Int("mutate", 0, "how many changed proofs to try")
	seed := flag.Int64("seed", 1, "seed of the changes")
	flag.Parse()
	if flag.NArg() != 3 {
		return errors.New("usage: verify [-mutate N] PROOF ENTRY VKEY")
	}
	text, err := os.ReadFile(flag.Arg(0))
	if err != nil {
		return err
	}
	entry, err := os.ReadFile(flag.Arg(1))
	if err != nil {
		return err
	}
	key, err := note.NewVerifier(flag.Arg(2))
	if err != nil {
		return err
	}
	if err := verify(text, entry, key); err != nil {
		return err
	}
	fmt.Println("accepted")
	return refuse(*count, *seed, text, entry, key)
}

func refuse(count int, seed int64, text, entry []byte, key note.Verifier) error {
	r := rand.New(rand.NewSource(seed))
	p, _ := parse(text)
	whole, _ := note.Open(p.note, note.VerifierList(key))
	checked := bytes.Index(text, []byte(whole.Sigs[0].Base64)) + len(whole.Sigs[0].Base64)
	was := meaning(text, key)
	refused, same := 0, 0
	for refused < count {
		other, bytesOf := mutated(r, text, entry, checked)
		if bytes.Equal(bytesOf, entry) && meaning(other, key) == was {
			same++
			continue
		}
		if verify(other, bytesOf, key) == nil {
			return fmt.Errorf("accepted a changed proof:\n%s", other)
		}
		refused++
	}
	if count > 0 {
		fmt.Printf("refused %d changed proofs (%d more were another spelling of the same)\n", refused, same)
	}
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
