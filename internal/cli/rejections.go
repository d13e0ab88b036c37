package cli

import (
	"context"
	"strconv"

	"postern/pkg/client"
)

func runRejections(ctx context.Context, p *Program, args []string) error {
	set := p.remote("rejections", true)
	const again = "; may be repeated, any will do"
	plugins := set.list("plugin", "those of `PLUGIN`"+again)
	endpoints := set.list("endpoint", "those of `ENDPOINT`, as /github"+again)
	codes := set.list("code", "those refused with `CODE`, as signature_mismatch"+again)
	since := set.moment("since", "those at `TIME` or later: RFC 3339, or so long ago, as 2h")
	length := set.rows()
	if _, err := set.parse(args); err != nil {
		return err
	}
	most, err := length.most(set)
	if err != nil {
		return err
	}
	d, err := set.open()
	if err != nil {
		return err
	}
	q := client.RejectionQuery{Plugins: *plugins, Endpoints: *endpoints, Codes: *codes, Since: *since, Limit: page(most)}
	t := &table{columns: []column{
		{name: "WHEN"}, {name: "COUNT", right: true}, {name: "WEBHOOK", least: 12}, {name: "FROM", spare: true}, {name: "CODE"}, {name: "CAUSE", least: 20},
	}}
	left, err := take(d.Rejections(ctx, q), most, func(r *client.Rejection) error {
		if d.asJSON {
			return p.printJSON(r)
		}
		t.add(d.rejectionRow(r)...)
		return nil
	})
	if err != nil || d.asJSON {
		return d.explain(err)
	}
	return d.printTable(t, "nothing was refused", left)
}

func (d *distant) rejectionRow(r *client.Rejection) []cell {
	where := r.Plugin + r.Endpoint
	if r.Endpoint == "" {
		where = r.Method + " " + r.Path
	}
	cause := r.Cause
	if r.Secret != "" {
		cause += ": " + r.Secret
	}
	code := cell{strconv.Itoa(r.Status) + " " + r.Code, bad}
	if r.Status < 400 {
		code.tone = good // a handshake
	}
	return []cell{
		{d.screen.when(r.At), faint}, {strconv.FormatInt(r.Count, 10), plain}, {where, plain}, {r.RemoteIP, plain}, code, {cause, plain},
	}
}
