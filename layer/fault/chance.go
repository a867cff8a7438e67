// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
)

// A chance decides for one socket or connection and direction, in an order
// that depends on nothing but the seed, the number and what was asked before.
type chance struct {
	key  string // such as "c3 upstream"
	log  *journal
	made made
	mu   sync.Mutex // protects what follows
	rand *rand.Rand
	old  []decision // to be taken again
}

// A decision is what a chance said.
type decision struct {
	what  string
	value float64
}

// float returns a number from 0 to below 1, for a question about a toxic.
func (c *chance) float(t *toxic, question string) float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.rand.Float64()
	if c.log == nil && len(c.old) == 0 {
		return v
	}
	what := t.Name + ":" + question
	if len(c.old) > 0 {
		// A replay says the same to the same question. Once questions
		// differ, it goes on with the seed.
		if c.old[0].what == what {
			v, c.old = c.old[0].value, c.old[1:]
		} else {
			c.log.note("# %s diverged: asked %q, recorded %q", c.key, what, c.old[0].what)
			c.old = nil
		}
	}
	c.log.note("%s %s %s", c.key, what, strconv.FormatFloat(v, 'g', -1, 64))
	return v
}

// hits decides about a toxic.
func (c *chance) hits(t *toxic) bool {
	hit := t.Toxicity >= 1 || c.float(t, "toxicity") < t.Toxicity
	if hit {
		c.made.count(t)
	}
	return hit
}

// upTo returns a whole number from 0 to n.
func (c *chance) upTo(n int64, t *toxic, question string) int64 {
	if n <= 0 {
		return 0
	}
	return int64(c.float(t, question) * float64(n+1))
}

// A journal is the file of decisions. Its methods work on nil.
type journal struct {
	mu sync.Mutex // protects w
	w  io.WriteCloser
}

func openJournal(name string) (*journal, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	return &journal{w: f}, nil
}

func (j *journal) note(format string, args ...any) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	fmt.Fprintf(j.w, format+"\n", args...) // a full disk is not the program's concern
}

func (j *journal) close() {
	if j != nil {
		j.w.Close()
	}
}

// readJournal reads decisions back, by socket and direction. Lines about
// events say nothing about decisions.
func readJournal(r io.Reader) (map[string][]decision, error) {
	all := make(map[string][]decision)
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) != 4 {
			return nil, fmt.Errorf("line %d: want SOCKET STREAM QUESTION VALUE", n)
		}
		v, err := strconv.ParseFloat(fields[3], 64)
		if err != nil || !(v >= 0 && v < 1) {
			return nil, fmt.Errorf("line %d: %q is no number from 0 to 1", n, fields[3])
		}
		key := fields[0] + " " + fields[1]
		all[key] = append(all[key], decision{fields[2], v})
	}
	return all, lines.Err()
}
