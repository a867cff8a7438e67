// SPDX-License-Identifier: Apache-2.0

package dns

import (
	"io"
	"os"
	"sync"
)

// maxConfigFile bounds what is read of a resolv.conf, in bytes.
const maxConfigFile = 1 << 20

// A configFile is a resolv.conf that is read again when it changes: whoever
// connects the machine to another network replaces it.
type configFile struct {
	path   string
	adjust func(*Config) // what the provider's options say instead

	mu     sync.Mutex // protects the rest
	info   os.FileInfo
	config *Config
}

// load returns the configuration as it is now. A file that cannot be read
// counts as empty.
func (f *configFile) load() *Config {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.path)
	if err != nil {
		info = nil
	}
	if f.config != nil && sameFile(f.info, info) {
		return f.config
	}
	c := ParseResolvConf(readFile(f.path))
	f.adjust(&c)
	f.info, f.config = info, &c
	return f.config
}

func sameFile(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == b
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

func readFile(path string) []byte {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	content, _ := io.ReadAll(io.LimitReader(f, maxConfigFile)) // half a file is better than none
	return content
}
