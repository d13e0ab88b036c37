package api

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"postern/internal/job"
)

// How many rows a listing gives.
const (
	usualLimit = 50
	mostLimit  = 200
)

// rejectionQuery reads the filters of GET /api/rejections. A filter that nobody
// knows is an error: it would choose what was not asked for.
func rejectionQuery(raw string) (job.RejectionQuery, error) {
	q := job.RejectionQuery{Limit: usualLimit}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return q, errors.New("it is not encoded as a query")
	}
	for name, given := range values {
		var err error
		switch name {
		case "plugin":
			q.Plugins = given
		case "endpoint":
			q.Endpoints = given
		case "code":
			q.Codes = given
		case "since":
			q.Since, err = once(name, given, moment)
		case "limit":
			q.Limit, err = once(name, given, limit)
		case "cursor":
			q.Cursor, err = once(name, given, func(text string) (string, error) { return text, nil })
		default:
			err = fmt.Errorf("%.40q is no filter", name)
		}
		if err != nil {
			return q, err
		}
	}
	return q, nil
}

// once reads a value that cannot be two.
func once[T any](name string, given []string, read func(string) (T, error)) (T, error) {
	var none T
	if len(given) > 1 {
		return none, errors.New(name + ": it is given several times")
	}
	value, err := read(given[0])
	if err != nil {
		return none, fmt.Errorf("%s: %w", name, err)
	}
	return value, nil
}

// moment reads a time, or a duration back from now.
func moment(text string) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	back, err := time.ParseDuration(text)
	if err != nil || back < 0 {
		return time.Time{}, errors.New("it is neither a time of RFC 3339 nor a duration such as 2h")
	}
	return time.Now().Add(-back), nil
}

func limit(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > mostLimit {
		return 0, fmt.Errorf("it is no number from 1 to %d", mostLimit)
	}
	return n, nil
}
