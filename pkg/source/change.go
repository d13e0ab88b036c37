package source

// Change words what became of a value: "Todo → Done". A side that is missing is
// left out or reads "–"; without a difference it is the value alone.
func Change(before, now string) string {
	switch {
	case before == now:
		return now
	case before == "":
		return "→ " + now
	case now == "":
		return before + " → –"
	default:
		return before + " → " + now
	}
}
