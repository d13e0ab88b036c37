package github

import (
	"cmp"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

func secretNoun() source.Words {
	return source.Words{English: "secret scanning alert", Japanese: "シークレットスキャンアラート", Chinese: "密钥扫描警报"}
}

// secretAlert tells that a secret was found, and never the secret: what is
// read of the alert is named here, member by member.
func secretAlert(e *webhook.Event, payload source.Object) {
	alert := payload.Object("alert")
	i := alerted(e, alert, secretNoun(), secretType(alert))
	validity := alert.Line("validity")
	switch {
	case over(e.Action):
		e.Severity = webhook.Notice
	case e.Action == "validated" && validity != "active":
		e.Severity = webhook.Info
	case i.wording == source.Words{}:
		e.Severity = webhook.Warning
	default:
		e.Severity = webhook.Error
	}
	e.Default = e.Severity == webhook.Error
	addField(e, "Type", i.title)
	addField(e, "Validity", validity)
	addField(e, "Resolution", spaced(alert.Line("resolution")))
	tell(e, i)
}

// secretLocation tells where a secret stands: the file, not its content.
func secretLocation(e *webhook.Event, payload source.Object) {
	alert, location := payload.Object("alert"), payload.Object("location")
	i := alerted(e, alert, secretNoun(), secretType(alert))
	e.Severity = webhook.Warning
	e.Thread = thread(e, ":secret_scanning_alert:", e.Subject.Number)
	addField(e, "Type", i.title)
	addField(e, "Location", spaced(location.Line("type")))
	addPath(e, location.Line("details.path"), location.Line("details.start_line"))
	addField(e, "Commit", forge.Short(location.Line("details.commit_sha")))
	if e.Action == "created" {
		i.wording = source.Words{
			English:  "{who} reported another location of {what}",
			Japanese: "{who} が {what} の別の場所を報告しました",
			Chinese:  "{who} 报告了{what}的另一位置",
		}
	}
	tell(e, i)
}

func secretType(alert source.Object) string {
	return cmp.Or(alert.Line("secret_type_display_name"), alert.Line("secret_type"))
}
