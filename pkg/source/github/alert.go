package github

import (
	"cmp"
	"slices"
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// alerted points an event at a security alert. Whatever is done to it, only
// rules that ask for confidential events hear of it.
func alerted(e *webhook.Event, alert source.Object, noun source.Words, title string) item {
	e.Confidential = true
	i := item{noun: noun, title: title, wording: wording(e.Action, alertDeeds())}
	number := alert.Line("number")
	if number != "" {
		i.name = "#" + number
	}
	e.Subject = webhook.Subject{Title: title, Number: number, URL: alert.Link("html_url")}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	e.Thread = thread(e, ":"+e.Type+":", number)
	e.OccurredAt = alert.Time(e.OccurredAt, "updated_at", "created_at")
	return i
}

// over reports whether an alert needs nobody any more.
func over(action string) bool {
	return slices.Contains([]string{
		"fixed", "dismissed", "auto_dismissed", "closed_by_user", "resolved", "resolve", "dismiss", "revoked", "withdrawn",
	}, action)
}

// risk gives an alert's severity from GitHub's word for it.
func risk(action, level string) webhook.Severity {
	if over(action) {
		return webhook.Notice
	}
	switch strings.ToLower(level) {
	case "critical":
		return webhook.Critical
	case "high", "error":
		return webhook.Error
	case "low", "note", "none":
		return webhook.Notice
	default:
		return webhook.Warning
	}
}

func dependabotAlert(e *webhook.Event, payload source.Object) {
	alert := payload.Object("alert")
	advisory, weakness := alert.Object("security_advisory"), alert.Object("security_vulnerability")
	level := cmp.Or(advisory.Line("severity"), weakness.Line("severity"))
	i := alerted(e, alert, source.Words{English: "Dependabot alert", Japanese: "Dependabot アラート", Chinese: "Dependabot 警报"},
		advisory.Line("summary"))
	e.Severity = risk(e.Action, level)
	e.Default = (level == "high" || level == "critical") && i.wording != source.Words{}
	addField(e, "Severity", level)
	addField(e, "Package", packageName(alert.Object("dependency.package")))
	addField(e, "Versions", into(weakness.Line("vulnerable_version_range"), weakness.Line("first_patched_version.identifier")))
	addField(e, "Advisory", ids(advisory))
	addPath(e, alert.Line("dependency.manifest_path"), "")
	addField(e, "Reason", spaced(alert.Line("dismissed_reason")))
	tell(e, i)
}

func packageName(p source.Object) string {
	name, ecosystem := p.Line("name"), p.Line("ecosystem")
	if name == "" || ecosystem == "" {
		return name
	}
	return name + " (" + ecosystem + ")"
}

// ids names an advisory in GitHub's and the public numbering.
func ids(advisory source.Object) string {
	return strings.TrimSpace(advisory.Line("ghsa_id") + " " + advisory.Line("cve_id"))
}

func codeScanningAlert(e *webhook.Event, payload source.Object) {
	alert := payload.Object("alert")
	rule, seen := alert.Object("rule"), alert.Object("most_recent_instance")
	level := cmp.Or(rule.Line("security_severity_level"), rule.Line("severity"))
	i := alerted(e, alert, source.Words{English: "code scanning alert", Japanese: "コードスキャンアラート", Chinese: "代码扫描警报"},
		cmp.Or(rule.Line("description"), rule.Line("id")))
	e.Severity = risk(e.Action, level)
	e.Branch = strings.TrimPrefix(cmp.Or(payload.Line("ref"), seen.Line("ref")), "refs/heads/")
	addField(e, "Severity", level)
	addField(e, "Rule", rule.Line("id"))
	addField(e, "Tool", alert.Line("tool.name"))
	addPath(e, seen.Line("location.path"), seen.Line("location.start_line"))
	addField(e, "Branch", e.Branch)
	addField(e, "Reason", spaced(alert.Line("dismissed_reason")))
	tell(e, i)
}

// vulnerabilityAlert is what dependabot_alert was before.
func vulnerabilityAlert(e *webhook.Event, payload source.Object) {
	alert := payload.Object("alert")
	if e.Actor.Name == "" {
		e.Actor = webhook.Party{Name: alert.Line("dismisser.login"), URL: alert.Link("dismisser.html_url")}
	}
	name := cmp.Or(alert.Line("affected_package_name"), alert.Line("external_identifier"))
	i := alerted(e, alert, source.Words{English: "vulnerability alert", Japanese: "脆弱性アラート", Chinese: "漏洞警报"}, name)
	e.URL = cmp.Or(e.Subject.URL, alert.Link("external_reference"), e.Container.URL)
	e.Severity = risk(e.Action, alert.Line("severity"))
	addField(e, "Severity", alert.Line("severity"))
	addField(e, "Package", name)
	addField(e, "Versions", into(alert.Line("affected_range"), alert.Line("fixed_in")))
	addField(e, "Advisory", strings.TrimSpace(alert.Line("ghsa_id")+" "+alert.Line("external_identifier")))
	addField(e, "Reason", spaced(alert.Line("dismiss_reason")))
	tell(e, i)
}

func alertDeeds() map[string]source.Words {
	opened := source.Words{English: "{who} opened {what}", Japanese: "{who} が {what} を作成しました", Chinese: "{who} 创建了{what}"}
	reopened := source.Words{English: "{who} reopened {what}", Japanese: "{who} が {what} を再オープンしました", Chinese: "{who} 重新打开了{what}"}
	dismissed := source.Words{English: "{who} dismissed {what}", Japanese: "{who} が {what} を却下しました", Chinese: "{who} 忽略了{what}"}
	resolved := source.Words{English: "{who} resolved {what}", Japanese: "{who} が {what} を解決しました", Chinese: "{who} 解决了{what}"}
	return map[string]source.Words{
		"created": opened, "create": opened,
		"reopened": reopened, "reopen": reopened, "reopened_by_user": reopened,
		"dismissed": dismissed, "dismiss": dismissed, "closed_by_user": dismissed,
		"resolved": resolved, "resolve": resolved,
		"auto_reopened":      {English: "{who} automatically reopened {what}", Japanese: "{who} が {what} を自動で再オープンしました", Chinese: "{who} 自动重新打开了{what}"},
		"auto_dismissed":     {English: "{who} automatically dismissed {what}", Japanese: "{who} が {what} を自動で却下しました", Chinese: "{who} 自动忽略了{what}"},
		"reintroduced":       {English: "{who} reintroduced {what}", Japanese: "{who} により {what} が再発しました", Chinese: "{who} 再次引入了{what}"},
		"fixed":              {English: "{who} fixed {what}", Japanese: "{who} が {what} を修正しました", Chinese: "{who} 修复了{what}"},
		"appeared_in_branch": {English: "{who} reported {what} in another branch", Japanese: "{who} が別のブランチでの {what} を報告しました", Chinese: "{who} 报告{what}出现在另一分支"},
		"revoked":            {English: "{who} reported {what} as revoked", Japanese: "{who} が {what} の失効を報告しました", Chinese: "{who} 报告{what}已失效"},
		"publicly_leaked":    {English: "{who} reported {what} as publicly leaked", Japanese: "{who} が {what} の公開漏えいを報告しました", Chinese: "{who} 报告{what}已公开泄露"},
		"validated":          {English: "{who} checked the validity of {what}", Japanese: "{who} が {what} の有効性を確認しました", Chinese: "{who} 检查了{what}的有效性"},
	}
}
