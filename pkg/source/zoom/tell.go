package zoom

import (
	"cmp"
	"slices"
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

func tell(e *webhook.Event, payload source.Object) {
	o := payload.Object("payload.object")
	e.Container.Name = "Zoom"
	e.Actor.Name = cmp.Or(o.Line("participant.user_name"), o.Line("registrant.email"), o.Line("user.name"),
		payload.Line("payload.operator"))
	e.Subject.Title = cmp.Or(o.Line("topic"), o.Line("display_name"), o.Line("email"), o.Line("name"))
	if id := cmp.Or(o.Line("uuid"), o.Line("id")); id != "" {
		e.Thread = "zoom:" + id
	}
	e.Severity = severity(e.Type)
	e.Default = told(e.Type)
	minutes := o.Line("duration")
	if minutes == "0" {
		minutes = ""
	}
	var issues []string
	for _, issue := range o.List("issues") {
		issues = append(issues, source.OneLine(source.Scalar(issue)))
	}
	e.Fields = source.Fields("Meeting ID", o.Line("id"), "Host", cmp.Or(o.Line("host_email"), o.Line("host_name")),
		"Minutes", minutes, "Starts", o.Line("start_time"), "Ended", o.Line("end_time"), "Issues", strings.Join(issues, ", "))
	e.Title = headline(*e, source.English)
}

// told are the events that a person must hear of; who joins and leaves is not
// among them.
func told(kind string) bool {
	return slices.Contains([]string{
		"meeting.started", "meeting.ended", "meeting.alert", "meeting.deleted", "webinar.started", "webinar.ended",
		"webinar.alert", "recording.completed", "recording.transcript_completed", "app_deauthorized",
	}, kind)
}

func severity(kind string) webhook.Severity {
	switch {
	case strings.HasSuffix(kind, ".alert"), kind == "app_deauthorized":
		return webhook.Warning
	case kind == "recording.completed", kind == "recording.transcript_completed":
		return webhook.Notice
	default:
		return webhook.Info
	}
}

// headline is "[Zoom] Meeting started: Weekly".
func headline(e webhook.Event, l source.Locale) string {
	w, known := deeds()[e.Type]
	if !known {
		return source.Headline(e, l)
	}
	return source.Title(e.Container.Name, source.By(l, w.In(l), e.Actor.Name), e.Subject.Title)
}

// deeds are the wordings of what happened.
func deeds() map[string]source.Words {
	return map[string]source.Words{
		"meeting.created":                {English: "Meeting planned", Japanese: "ミーティング作成", Chinese: "会议已创建"},
		"meeting.updated":                {English: "Meeting changed", Japanese: "ミーティング変更", Chinese: "会议已变更"},
		"meeting.deleted":                {English: "Meeting canceled", Japanese: "ミーティング中止", Chinese: "会议已取消"},
		"meeting.started":                {English: "Meeting started", Japanese: "ミーティング開始", Chinese: "会议开始"},
		"meeting.ended":                  {English: "Meeting ended", Japanese: "ミーティング終了", Chinese: "会议结束"},
		"meeting.alert":                  {English: "Meeting has problems", Japanese: "ミーティングの問題", Chinese: "会议异常"},
		"meeting.participant_joined":     {English: "Meeting joined", Japanese: "ミーティング参加", Chinese: "加入会议"},
		"meeting.participant_left":       {English: "Meeting left", Japanese: "ミーティング退出", Chinese: "离开会议"},
		"webinar.created":                {English: "Webinar planned", Japanese: "ウェビナー作成", Chinese: "网络研讨会已创建"},
		"webinar.started":                {English: "Webinar started", Japanese: "ウェビナー開始", Chinese: "网络研讨会开始"},
		"webinar.ended":                  {English: "Webinar ended", Japanese: "ウェビナー終了", Chinese: "网络研讨会结束"},
		"webinar.alert":                  {English: "Webinar has problems", Japanese: "ウェビナーの問題", Chinese: "网络研讨会异常"},
		"recording.started":              {English: "Recording started", Japanese: "録画開始", Chinese: "录制开始"},
		"recording.completed":            {English: "Recording ready", Japanese: "録画完了", Chinese: "录制完成"},
		"recording.transcript_completed": {English: "Transcript ready", Japanese: "文字起こし完了", Chinese: "转录完成"},
		"app_deauthorized":               {English: "App removed", Japanese: "アプリの削除", Chinese: "应用已移除"},
	}
}

// labels are the names of fields and links in every locale.
func labels() map[string]source.Words {
	return map[string]source.Words{
		"Meeting ID": {English: "Meeting ID", Japanese: "ミーティング ID", Chinese: "会议号"},
		"Host":       {English: "Host", Japanese: "ホスト", Chinese: "主持人"},
		"Minutes":    {English: "Minutes", Japanese: "時間（分）", Chinese: "时长（分钟）"},
		"Starts":     {English: "Starts", Japanese: "開始", Chinese: "开始"},
		"Ended":      {English: "Ended", Japanese: "終了", Chinese: "结束"},
		"Issues":     {English: "Issues", Japanese: "問題", Chinese: "问题"},
	}
}
