package sourcetest

import (
	"encoding/json"
	"strconv"
	"strings"

	"postern/pkg/webhook"
)

// grownBodies gives a golden JSON body with more of one kind in each place that
// has such: longer lists, longer texts, objects of more members.
func grownBodies(r *webhook.Request) map[string][]byte {
	bodies := map[string][]byte{}
	for what, grow := range map[string]func(v any, room int) (bigger any, ok bool){
		"longer lists": longerList, "longer texts": longerText, "more members": moreMembers,
	} {
		root, err := webhook.DecodeJSON(r.Body)
		if err != nil {
			return nil
		}
		places := 0
		root = everywhere(root, func(v any) any {
			if _, ok := grow(v, 0); ok {
				places++
			}
			return v
		})
		root = everywhere(root, func(v any) any {
			bigger, _ := grow(v, grown/max(places, 1))
			return bigger
		})
		if body, err := json.Marshal(root); err == nil && places > 0 {
			bodies[what] = body
		}
	}
	return bodies
}

// everywhere puts change(v) in the place of each value, the inner ones first.
func everywhere(v any, change func(any) any) any {
	switch v := v.(type) {
	case map[string]any:
		for name := range v {
			v[name] = everywhere(v[name], change)
		}
	case []any:
		for i := range v {
			v[i] = everywhere(v[i], change)
		}
	}
	return change(v)
}

// longerList repeats the first element; what is encoded twice grows, so room
// is for the list alone.
func longerList(v any, room int) (any, bool) {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return v, false
	}
	one, err := json.Marshal(list[0])
	if err != nil {
		return v, false
	}
	for range room / (len(one) + 1) {
		list = append(list, list[0])
	}
	return list, true
}

func longerText(v any, room int) (any, bool) {
	text, ok := v.(string)
	return text + strings.Repeat(" <!-- x\n", room/9), ok
}

func moreMembers(v any, room int) (any, bool) {
	object, ok := v.(map[string]any)
	for n := 0; room > 0 && ok; n++ {
		name := "more_" + strconv.Itoa(n)
		object[name] = int64(n)
		room -= 2*len(name) + 3
	}
	return v, ok
}
