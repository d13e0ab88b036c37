package api

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"postern/internal/config"
)

// blankOffset is an offset from UTC whose plus sign was not encoded.
var blankOffset = regexp.MustCompile(` (\d\d:\d\d)$`)

// Bounds on a query.
const (
	usualLimit = 50  // rows of a listing
	mostLimit  = 200 // rows of a listing
	mostValues = 100 // of one filter
)

// filters read the values of a query by name.
type filters map[string]func(given []string) error

// read takes a query apart. A filter or a value that nobody knows is an error:
// it would choose what was not asked for.
func (f filters) read(raw string) error {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return errors.New("it is not encoded as a query")
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		read, known := f[name]
		if len(f) == 0 {
			return fmt.Errorf("%.40q is no filter; there are none here", name)
		}
		if !known {
			return fmt.Errorf("%.40q is no filter; there are %s", name, strings.Join(slices.Sorted(maps.Keys(f)), ", "))
		}
		if err := read(values[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// once reads a value that cannot be two.
func once[T any](into *T, read func(string) (T, error)) func([]string) error {
	return func(given []string) (err error) {
		if len(given) > 1 {
			return errors.New("it is given several times")
		}
		*into, err = read(given[0])
		return err
	}
}

// each reads values of which any will do.
func each[T any](into *[]T, read func(string) (T, error)) func([]string) error {
	return func(given []string) error {
		if len(given) > mostValues {
			return fmt.Errorf("it is given more than %d times", mostValues)
		}
		for _, text := range given {
			value, err := read(text)
			if err != nil {
				return err
			}
			*into = append(*into, value)
		}
		return nil
	}
}

// oneOf takes the words that there are.
func oneOf[T ~string](words ...T) func(string) (T, error) {
	return func(text string) (T, error) {
		if !slices.Contains(words, T(text)) {
			return "", fmt.Errorf("%.40q is none of %s", text, join(words))
		}
		return T(text), nil
	}
}

func join[T ~string](words []T) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return strings.Join(texts, ", ")
}

func anyText(text string) (string, error) { return text, nil }

func someText(text string) (string, error) {
	if text == "" {
		return "", errors.New("it is empty")
	}
	return text, nil
}

// moment reads a time, or a duration back from now. A plus sign that was not
// encoded arrives as a blank: no other time has one before its offset.
func moment(text string) (time.Time, error) {
	for _, written := range []string{text, blankOffset.ReplaceAllString(text, "+$1")} {
		if at, err := time.Parse(time.RFC3339, written); err == nil {
			return at, nil
		}
	}
	back, err := config.ParseDuration(text)
	if err != nil {
		return time.Time{}, errors.New("it is neither a time of RFC 3339 nor a duration such as 2h or 7d")
	}
	return time.Now().Add(-back), nil
}

// upTo reads a number from 1.
func upTo(most int) func(string) (int, error) {
	return func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > most {
			return 0, fmt.Errorf("it is no number from 1 to %d", most)
		}
		return n, nil
	}
}
