// SPDX-License-Identifier: Apache-2.0

package job

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// defaultPath is where programs are looked for without $PATH.
const defaultPath = "/usr/local/bin:/usr/bin:/bin"

// Find looks a program up as a shell does: a name with a slash is a file, any
// other is looked for in path, the value of $PATH. The error is an *Error.
func Find(name, path string) (string, error) {
	if name == "" {
		return "", &Error{ExitNotFound, errors.New("the program's name is empty")}
	}
	if strings.Contains(name, "/") {
		if err := executable(name); err != nil {
			return "", notRun(name, err)
		}
		return name, nil
	}
	if path == "" {
		path = defaultPath
	}
	var found error
	for _, dir := range filepath.SplitList(path) {
		file := filepath.Join(dir, name)
		if !strings.Contains(file, "/") {
			file = "./" + file // an empty element is the working directory
		}
		err := executable(file)
		if err == nil {
			return file, nil
		}
		if _, missing := os.Stat(file); missing == nil && found == nil {
			found = notRun(file, err) // unless one is found later
		}
	}
	if found != nil {
		return "", found
	}
	return "", &Error{ExitNotFound, fmt.Errorf("no program %q is in $PATH", name)}
}

// executable tells why a file cannot be executed.
func executable(file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return errors.Unwrap(err)
	}
	if info.IsDir() {
		return syscall.EISDIR
	}
	const execute, effective = 1, 0x200 // X_OK, AT_EACCESS
	return syscall.Faccessat(-100, file, execute, effective)
}

// isText tells whether a file looks like a script. Shells try those that the
// kernel refuses.
func isText(file string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	var head [128]byte
	n, err := io.ReadFull(f, head[:])
	if err != nil && n == 0 {
		return err == io.EOF
	}
	line, _, _ := bytes.Cut(head[:n], []byte("\n"))
	return !bytes.HasPrefix(line, []byte("\x7fELF")) && !bytes.Contains(line, []byte{0})
}

// notRun explains why a file was not executed.
func notRun(file string, err error) *Error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return &Error{ExitNotFound, fmt.Errorf("no program is at %s", file)}
	}
	return &Error{ExitCannot, fmt.Errorf("%s cannot be executed: %w", file, err)}
}

// notStarted explains an error of starting the program at path.
func notStarted(path string, err error) *Error {
	var failed *fs.PathError
	if !errors.As(err, &failed) || failed.Op != "fork/exec" {
		return &Error{ExitFailed, err}
	}
	switch failed.Err {
	case syscall.ENOENT: // it was there when it was looked up
		return &Error{ExitNotFound, fmt.Errorf("%s cannot be executed: it, or the interpreter that it names, is missing", path)}
	case syscall.EAGAIN, syscall.ENOMEM, syscall.ESRCH:
		return &Error{ExitFailed, err}
	}
	return &Error{ExitCannot, fmt.Errorf("%s cannot be executed: %w", path, failed.Err)}
}
