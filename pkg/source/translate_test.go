package source_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

func TestTranslate(t *testing.T) {
	t.Parallel()
	names := map[string]source.Words{"Tag": {English: "Tag", Japanese: "タグ", Chinese: "标签"}, "Half": {English: "Half"}}
	given := func() chat.Message {
		return chat.Message{
			Title:  "Tag",
			Fields: []webhook.Field{{Name: "Tag", Value: "Tag"}, {Name: "Other", Value: "1"}, {Name: "Half", Value: "2"}},
			Links:  []webhook.Link{{Text: "Tag", URL: "https://example.com/Tag"}},
		}
	}
	for locale, want := range map[source.Locale]string{
		source.English: "Tag", source.Japanese: "タグ", source.Chinese: "标签", "xx": "Tag",
	} {
		before := given()
		expected := given()
		expected.Fields[0].Name, expected.Links[0].Text = want, want
		if diff := cmp.Diff(expected, source.Translate(before, locale, names)); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", locale, diff)
		}
		if diff := cmp.Diff(given(), before); diff != "" {
			t.Errorf("%s: the message given was changed, want -, got +:\n%s", locale, diff)
		}
	}
}
