package routing

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/ext"
	"cel.dev/cel-go/interpreter"
)

const (
	whenCost     = 1_000_000              // of one evaluation, in CEL's own units
	whenTime     = 100 * time.Millisecond // of one evaluation
	whenCheck    = 100                    // steps of a loop between two looks at the clock
	whenMaxBytes = 64 << 10               // of one expression
)

// errWhenCost is a condition that was stopped before it was done.
var errWhenCost = errors.New("the condition costs too much on this event")

// conditions compiles `when`: CEL over event, payload, headers and query.
type conditions struct{ env *cel.Env }

func newConditions() (*conditions, error) {
	registry, err := types.NewRegistry()
	if err != nil {
		return nil, fmt.Errorf("prepare conditions: %w", err)
	}
	env, err := cel.NewEnv(
		cel.CustomTypeProvider(&eventTypes{Registry: registry, structs: eventStructs()}),
		cel.CustomTypeAdapter(registry),
		cel.Variable("event", cel.ObjectType(eventType)),
		cel.Variable("payload", cel.DynType),
		cel.Variable("headers", cel.MapType(cel.StringType, cel.StringType)),
		cel.Variable("query", cel.MapType(cel.StringType, cel.StringType)),
		cel.CrossTypeNumericComparisons(true),
		cel.ParserExpressionSizeLimit(whenMaxBytes),
		ext.Strings(),
	)
	if err != nil {
		return nil, fmt.Errorf("prepare conditions: %w", err)
	}
	return &conditions{env: env}, nil
}

// condition is one compiled `when`.
type condition struct{ program cel.Program }

// compile type-checks an expression: it must give true or false, or something
// that only the payload can tell.
func (c *conditions) compile(expression string) (*condition, error) {
	ast, issues := c.env.Compile(expression)
	if issues.Err() != nil {
		return nil, issuesIn(issues)
	}
	if t := ast.OutputType(); !t.IsExactType(cel.BoolType) && !t.IsExactType(cel.DynType) {
		return nil, fmt.Errorf("the condition gives %s, not true or false", t)
	}
	program, err := c.env.Program(ast, cel.EvalOptions(cel.OptOptimize),
		cel.CostLimit(whenCost), cel.InterruptCheckFrequency(whenCheck))
	if err != nil {
		return nil, fmt.Errorf("the condition cannot be run: %w", err)
	}
	return &condition{program: program}, nil
}

// issuesIn words a compiler's faults in one line.
func issuesIn(issues *cel.Issues) error {
	var all []string
	for _, e := range issues.Errors() {
		text, _, _ := strings.Cut(e.Message, "\n")
		all = append(all, fmt.Sprintf("%s (line %d, column %d of the expression)", text, e.Location.Line(), e.Location.Column()+1))
	}
	return errors.New(strings.Join(all, "; "))
}

// holds evaluates the condition on one event. The error is errWhenCost where
// it was stopped, else the reason why it could not tell.
func (c *condition) holds(ctx context.Context, v *view) (held bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			held, err = false, fmt.Errorf("the condition broke: %v", p)
		}
	}()
	// A worker that is told to stop must not make a condition hold.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), whenTime)
	defer cancel()
	value, _, err := c.program.ContextEval(ctx, v.forConditions())
	var stopped interpreter.EvalCancelledError
	switch {
	case errors.As(err, &stopped), err != nil && ctx.Err() != nil:
		return false, errWhenCost
	case err != nil:
		return false, err
	}
	held, ok := value.Value().(bool)
	if !ok {
		return false, fmt.Errorf("the condition gave %s, not true or false", value.Type().TypeName())
	}
	return held, nil
}

const (
	eventType   = "postern.Event"
	partyType   = "postern.Party"
	subjectType = "postern.Subject"
	fieldType   = "postern.Field"
	linkType    = "postern.Link"
)

// eventStructs are the names of EventMap with their types, so that a misspelt
// one is an error at start.
func eventStructs() map[string]map[string]*types.Type {
	event := map[string]*types.Type{
		"occurred_at": types.TimestampType,
		"actor":       types.NewObjectType(partyType), "container": types.NewObjectType(partyType),
		"subject": types.NewObjectType(subjectType),
		"labels":  types.NewListType(types.StringType), "paths": types.NewListType(types.StringType),
		"fields": types.NewListType(types.NewObjectType(fieldType)),
		"links":  types.NewListType(types.NewObjectType(linkType)),
		"draft":  types.BoolType, "confidential": types.BoolType,
	}
	maps.Copy(event, texts("source", "type", "action", "delivery_id", "severity", "title", "summary",
		"body", "url", "branch", "author", "thread"))
	return map[string]map[string]*types.Type{
		eventType:   event,
		partyType:   texts("name", "url"),
		subjectType: texts("title", "number", "url"),
		fieldType:   texts("name", "value"),
		linkType:    texts("text", "url"),
	}
}

func texts(names ...string) map[string]*types.Type {
	all := make(map[string]*types.Type, len(names))
	for _, n := range names {
		all[n] = types.StringType
	}
	return all
}

// eventTypes tells the checker the fields of an event. Values are plain maps:
// fields have no getter, so the interpreter looks their names up as keys.
type eventTypes struct {
	*types.Registry
	structs map[string]map[string]*types.Type
}

// FindStructType knows the event's types beside the standard ones.
func (p *eventTypes) FindStructType(name string) (*types.Type, bool) {
	if _, ok := p.structs[name]; ok {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	return p.Registry.FindStructType(name)
}

// FindStructFieldNames lists the fields of a type.
func (p *eventTypes) FindStructFieldNames(name string) ([]string, bool) {
	if fields, ok := p.structs[name]; ok {
		return slices.Sorted(maps.Keys(fields)), true
	}
	return p.Registry.FindStructFieldNames(name)
}

// FindStructFieldType gives the type of a field.
func (p *eventTypes) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	if fields, ok := p.structs[name]; ok {
		t, ok := fields[field]
		return &types.FieldType{Type: t}, ok
	}
	return p.Registry.FindStructFieldType(name, field)
}
