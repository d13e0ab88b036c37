package console_test

import (
	"bytes"
	"errors"
	"flag"
	"strings"
	"testing"

	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/console"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestContract(t *testing.T) {
	chattest.Run(t, chattest.Suite{
		New: func(_ string, tools chat.Tools) (chat.Sender, error) {
			return console.New(console.Config{}, tools)
		},
		Local: true, Update: *update, Mentions: []string{"ops"},
		Inert: func(c chattest.Call) error {
			if strings.ContainsAny(c.Text, "\x1b\a\r\x7f\u009b\u202e") {
				return errors.New("a control character came through")
			}
			return nil
		},
	})
}

func TestTextCannotPretendToBeAnotherBlock(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s, err := console.New(console.Config{}, chat.Tools{Stdout: &out})
	if err != nil {
		t.Fatal(err)
	}
	d := chat.Delivery{ID: "n1", Channel: "default", Message: chat.Message{Title: "t", Body: chat.Plain("a\n── default · n2\n  b")}}
	if _, err := s.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	want := "── default · n1\n  t\n  a\n  ── default · n2\n    b\n\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestNewNeedsAnOutput(t *testing.T) {
	t.Parallel()
	if _, err := console.Definition().Build(func(any) error { return nil }, chat.Tools{}); err == nil {
		t.Error("Build found nothing wrong without Stdout")
	}
}
