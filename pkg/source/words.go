package source

import "strings"

// Words are one wording in every locale.
type Words struct{ English, Japanese, Chinese string }

// In gives the wording of a locale, the English one for a locale not known.
func (w Words) In(l Locale) string {
	switch l {
	case Japanese:
		return w.Japanese
	case Chinese:
		return w.Chinese
	default:
		return w.English
	}
}

// Fill puts values in the places of a wording: Fill("{who} left", "who", name).
// A value is never looked at for places of its own.
func Fill(wording string, namesAndValues ...string) string {
	pairs := make([]string, 0, len(namesAndValues))
	for i := 0; i+1 < len(namesAndValues); i += 2 {
		pairs = append(pairs, "{"+namesAndValues[i]+"}", namesAndValues[i+1])
	}
	return strings.NewReplacer(pairs...).Replace(wording)
}

// By words who did it: "{what} by {who}", and what alone where nobody is known.
func By(l Locale, what, who string) string {
	if who == "" {
		return what
	}
	by := Words{"{what} by {who}", "{what}（{who}）", "{what}（{who}）"}
	return Fill(by.In(l), "what", what, "who", who)
}

// Unknown is what reads in the place of a missing name.
func Unknown() Words { return Words{"unknown", "不明", "未知"} }

// More is the line that ends a list that was cut short, with its {n}.
func More() Words { return Words{"and {n} more", "ほか {n} 件", "另有 {n} 项"} }

// AtLeast reports whether a message of verbosity v tells what belongs to
// least. An empty or unknown verbosity is Normal.
func (v Verbosity) AtLeast(least Verbosity) bool { return v.rank() >= least.rank() }

func (v Verbosity) rank() int {
	switch v {
	case Compact:
		return 0
	case Full:
		return 2
	default:
		return 1
	}
}
