package twilio

import (
	"cmp"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

func tell(e *webhook.Event, f source.Object) {
	e.Container.Name = cmp.Or(f.Line("FriendlyName"), "Twilio")
	from, to := f.Line("From"), f.Line("To")
	e.Actor.Name = cmp.Or(f.Line("ProfileName"), f.Line("CallerName"), from)
	e.Body = source.Excerpt(cmp.Or(f.Text("Body"), f.Text("TranscriptionText"), f.Text("SpeechResult")))
	sid := cmp.Or(f.Line("CallSid"), f.Line("MessageSid"), f.Line("SmsSid"), f.Line("ConferenceSid"))
	if sid != "" {
		e.Thread = "twilio:" + sid
	}
	e.Severity = severity(e.Type, e.Action)
	e.Default = told(e.Type, e.Action) || e.Severity == webhook.Error || e.Severity == webhook.Warning
	if from == e.Actor.Name {
		from = ""
	}
	media := f.Line("NumMedia")
	if media == "0" {
		media = ""
	}
	e.Fields = source.Fields("From", from, "To", to, "Digits", f.Line("Digits"),
		"Seconds", cmp.Or(f.Line("RecordingDuration"), f.Line("CallDuration")), "Media", media,
		"Error", cmp.Or(f.Line("ErrorMessage"), f.Line("ErrorCode")), "Sid", sid)
	e.Title = headline(*e, source.English)
}

// told says what a person must hear of beside failures: what comes in.
func told(kind, status string) bool {
	switch kind {
	case "message":
		return status == "received"
	case "call":
		return status == "ringing"
	case "recording", "transcription":
		return status == "completed"
	default:
		return false
	}
}

func severity(kind, status string) webhook.Severity {
	switch status {
	case "failed", "undelivered", "error", "transcription-error":
		return webhook.Error
	case "warning", "busy", "no-answer":
		return webhook.Warning
	case "queued", "sending", "sent", "accepted", "initiated":
		return webhook.Debug
	case "received", "ringing":
		return webhook.Notice
	}
	if kind == "recording" && status == "absent" {
		return webhook.Warning
	}
	return webhook.Info
}

// headline is "[Twilio] Message received by +1555".
func headline(e webhook.Event, l source.Locale) string {
	w, known := things()[e.Type]
	if !known {
		return source.Headline(e, l)
	}
	what := w.In(l)
	if e.Action != "" {
		state := e.Action
		if s, known := states()[e.Action]; known {
			state = s.In(l)
		}
		what = source.Fill(source.Words{English: "{what} {state}", Japanese: "{what}: {state}", Chinese: "{what}：{state}"}.In(l),
			"what", what, "state", state)
	}
	if e.Actor.Name != "" {
		from := source.Words{English: "{what}, from {who}", Japanese: "{what}（{who}）", Chinese: "{what}（{who}）"}
		what = source.Fill(from.In(l), "what", what, "who", e.Actor.Name)
	}
	return source.Title(e.Container.Name, what, e.Subject.Title)
}

func things() map[string]source.Words {
	return map[string]source.Words{
		"message":       {English: "Message", Japanese: "メッセージ", Chinese: "消息"},
		"call":          {English: "Call", Japanese: "通話", Chinese: "通话"},
		"recording":     {English: "Recording", Japanese: "録音", Chinese: "录音"},
		"transcription": {English: "Transcription", Japanese: "文字起こし", Chinese: "转录"},
		"conference":    {English: "Conference", Japanese: "会議", Chinese: "会议"},
		"debugger":      {English: "Debugger", Japanese: "デバッガー", Chinese: "调试器"},
	}
}

func states() map[string]source.Words {
	return map[string]source.Words{
		"received":    {English: "received", Japanese: "受信", Chinese: "已收到"},
		"queued":      {English: "queued", Japanese: "待機中", Chinese: "排队中"},
		"sent":        {English: "sent", Japanese: "送信済み", Chinese: "已发送"},
		"delivered":   {English: "delivered", Japanese: "配信済み", Chinese: "已送达"},
		"undelivered": {English: "undelivered", Japanese: "未配信", Chinese: "未送达"},
		"failed":      {English: "failed", Japanese: "失敗", Chinese: "失败"},
		"read":        {English: "read", Japanese: "既読", Chinese: "已读"},
		"ringing":     {English: "ringing", Japanese: "着信", Chinese: "来电"},
		"in-progress": {English: "in progress", Japanese: "進行中", Chinese: "进行中"},
		"completed":   {English: "completed", Japanese: "完了", Chinese: "已完成"},
		"busy":        {English: "busy", Japanese: "話し中", Chinese: "忙线"},
		"no-answer":   {English: "not answered", Japanese: "応答なし", Chinese: "无人接听"},
		"canceled":    {English: "canceled", Japanese: "取り消し", Chinese: "已取消"},
		"error":       {English: "error", Japanese: "エラー", Chinese: "错误"},
		"warning":     {English: "warning", Japanese: "警告", Chinese: "警告"},
	}
}

// labels are the names of fields and links in every locale.
func labels() map[string]source.Words {
	return map[string]source.Words{
		"From":    {English: "From", Japanese: "発信元", Chinese: "来自"},
		"To":      {English: "To", Japanese: "宛先", Chinese: "发往"},
		"Digits":  {English: "Digits", Japanese: "入力番号", Chinese: "按键"},
		"Seconds": {English: "Seconds", Japanese: "秒数", Chinese: "秒数"},
		"Media":   {English: "Media", Japanese: "添付", Chinese: "附件"},
		"Error":   {English: "Error", Japanese: "エラー", Chinese: "错误"},
	}
}
