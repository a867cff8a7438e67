// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"winsock/wsa"
)

// lockWait is how long a writer waits for another process that writes. Tests
// make it shorter.
var lockWait = 10 * time.Second

// A fileLock is the right to write one catalog file. It lies on a file of
// its own, as the catalog is replaced, and it dies with its process.
type fileLock struct{ f *os.File }

// lockFile takes the lock of a catalog file, whose directory it creates if
// need be. The error wraps WSAEINPROGRESS when somebody else keeps the lock,
// and WSANO_RECOVERY when the catalog is not the caller's to change.
func lockFile(file string) (fileLock, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fileLock{}, notWritable(err)
	}
	f, err := os.OpenFile(file+".lock", os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return fileLock{}, notWritable(err)
	}
	for end := time.Now().Add(lockWait); ; time.Sleep(5 * time.Millisecond) {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return fileLock{f}, nil
		case errors.Is(err, syscall.EINTR):
		case !errors.Is(err, syscall.EWOULDBLOCK):
			f.Close()
			return fileLock{}, notWritable(err)
		case time.Now().After(end):
			f.Close()
			return fileLock{}, fmt.Errorf("another program is changing %s: %w", file, wsa.WSAEINPROGRESS)
		}
	}
}

// release gives the lock back. The lock's file stays, for a name that comes
// and goes would not lock anything.
func (l fileLock) release() { l.f.Close() }

// replaceFile makes data the content of the file, all of it or, whatever
// happens, nothing of it. The caller has the file's lock, so that the new
// content can have a fixed name until it is complete; one that a killed
// program left behind is overwritten.
func replaceFile(file string, data []byte) error {
	if target, err := filepath.EvalSymlinks(file); err == nil {
		file = target
	}
	mode := fs.FileMode(0o600) // the options of a layer may hold a password
	if file == systemFile {
		mode = 0o644
	}
	old, err := os.Stat(file)
	if err == nil {
		mode = old.Mode().Perm()
	}
	next := file + ".new"
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|syscall.O_NOFOLLOW, mode)
	if err != nil {
		return notWritable(err)
	}
	if err := writeOut(f, data, mode); err != nil {
		os.Remove(next)
		return notWritable(err)
	}
	if err := os.Rename(next, file); err != nil {
		os.Remove(next)
		return notWritable(err)
	}
	return syncDir(filepath.Dir(file))
}

// writeOut writes the data to the disk and closes f.
func writeOut(f *os.File, data []byte, mode fs.FileMode) error {
	_, err := f.Write(data)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// syncDir brings a rename to the disk. A file system that cannot do so is
// not worth failing for: the rename has happened.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return notWritable(err)
	}
	return nil
}

// setAside renames a damaged file to the first free name of the form
// "catalog.toml.damaged-1" and returns that.
func setAside(file string) (string, error) {
	for n := 1; ; n++ {
		aside := fmt.Sprintf("%s.damaged-%d", file, n)
		err := os.Link(file, aside)
		switch {
		case err == nil:
			return aside, nil // the catalog's own name is replaced next
		case errors.Is(err, fs.ErrExist):
		default:
			return "", notWritable(err)
		}
	}
}

// notWritable is the documented answer to whoever may not change the
// catalog.
func notWritable(err error) error {
	return fmt.Errorf("the catalog cannot be written: %w: %w", wsa.WSANO_RECOVERY, err)
}
