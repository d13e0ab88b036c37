package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"postern/pkg/secret"
)

// maxSecret is the largest secret file; a certificate chain fits.
const maxSecret = 64 << 10

// fileError is a fault of a secret file. The path is named apart, because one
// that a variable gave must not be shown.
type fileError struct {
	path string
	err  error
}

func (e *fileError) Error() string { return fmt.Sprintf("the secret file %s: %v", e.path, e.err) }
func (e *fileError) Unwrap() error { return e.err }

// unnamed drops the path from a fault of a secret file.
func unnamed(err error) error {
	if file, ok := errors.AsType[*fileError](err); ok {
		return fmt.Errorf("the secret file that ${...} names: %w", file.err)
	}
	return err
}

// readSecret gives the text itself, or for file:/path what the file holds,
// less one newline at its end.
func readSecret(text string) (secret.Text, error) {
	path, isFile := strings.CutPrefix(text, "file:")
	if !isFile {
		return secret.New(text), nil
	}
	if !strings.HasPrefix(path, "/") {
		return secret.Text{}, errors.New("a secret file is named by its absolute path: file:/path")
	}
	content, err := readSmall(path)
	if err != nil {
		return secret.Text{}, &fileError{path: path, err: err}
	}
	content = strings.TrimSuffix(content, "\n")
	return secret.New(strings.TrimSuffix(content, "\r")), nil
}

// readSmall reads a regular file: a pipe or a device could hang the start.
func readSmall(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", cause(err)
	}
	if !info.Mode().IsRegular() {
		return "", errors.New("not a regular file")
	}
	f, err := os.Open(path) //nolint:gosec // the operator names it
	if err != nil {
		return "", cause(err)
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", cause(err)
	}
	if len(content) > maxSecret {
		return "", errors.New("larger than 64 KiB")
	}
	return string(content), nil
}

// cause is the error less the path, which the caller names or hides.
func cause(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

// Secret reads a secret as a config's are written: the text itself, or
// file:/path for what a file holds. The error shows nothing of it.
func Secret(text string) (secret.Text, error) {
	s, err := readSecret(text)
	switch {
	case err != nil:
		return secret.Text{}, err
	case s.Empty():
		return secret.Text{}, errors.New("the secret is empty")
	default:
		return s, nil
	}
}
