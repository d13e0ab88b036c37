package sns

import (
	"cmp"
	"net/url"
	"regexp"
	"strings"
	"time"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// The states of an alarm.
const (
	ok           = "OK"
	alarming     = "ALARM"
	insufficient = "INSUFFICIENT_DATA"
)

// action is the state that an alarm went to.
func (m message) action() string {
	a, _ := m.alarm()
	return a.state
}

// tell fills in what a message says.
func (m message) tell(e *webhook.Event) {
	e.Container.Name = source.Line(m.topic[strings.LastIndex(m.topic, ":")+1:])
	e.Default = true
	e.Detail = detail{}
	if a, ok := m.alarm(); ok {
		a.tell(e)
		return
	}
	if e.Type == farewell {
		e.Severity = webhook.Warning
	}
	m.words(e)
	if e.Type == notification {
		m.known(e)
	}
	e.Title = headline(*e, source.English)
}

// words takes subject and text as somebody wrote them.
func (m message) words(e *webhook.Event) {
	e.Subject.Title = m.subject
	e.Body = source.Excerpt(m.text)
	if e.Subject.Title == "" && e.Type == notification && m.inner == nil {
		e.Subject.Title = source.Clip(source.FirstLine(m.text), source.MaxLine)
	}
	if e.Subject.Title == e.Body {
		e.Body = ""
	}
}

// detail is what the headline needs beyond the event.
type detail struct {
	what     string // in the sender's own words
	from, to string // states of an alarm
}

// known takes what AWS's own services publish: EventBridge, S3, RDS, Auto
// Scaling, SES. All else stays the text that it is.
func (m message) known(e *webhook.Event) {
	o := m.inner
	switch {
	case o.Text("detail-type") != "":
		e.Detail = detail{what: o.Line("detail-type")}
		e.Subject.Title, e.Body = m.resource(), ""
		e.OccurredAt = o.Time(e.OccurredAt, "time")
		e.Fields = source.Fields("Service", o.Line("source"), "State", cmp.Or(o.Line("detail.state"), o.Line("detail.status")),
			"Region", o.Line("region"), "Account", o.Line("account"))
	case o.Text("Event Message") != "":
		e.Detail = detail{what: strings.TrimSpace("RDS " + o.Line("Event Source"))}
		e.Subject.Title, e.Body = o.Line("Source ID"), source.Excerpt(o.Text("Event Message"))
	case o.Text("AutoScalingGroupName") != "":
		scaled(e, o)
	case o.Object("mail") != nil:
		mailed(e, o)
	default:
		stored(e, first(o, "Records"))
	}
}

func scaled(e *webhook.Event, o source.Object) {
	e.Detail = detail{what: cmp.Or(o.Line("Event"), "Auto Scaling")}
	e.Subject.Title, e.Body = o.Line("AutoScalingGroupName"), source.Excerpt(cmp.Or(o.Text("Description"), o.Text("Cause")))
	e.Fields = source.Fields("Instance", o.Line("EC2InstanceId"))
	if strings.HasSuffix(o.Text("Event"), "_ERROR") {
		e.Severity = webhook.Error
	}
}

// mailed is what SES tells of a mail: neither its subject nor its text.
func mailed(e *webhook.Event, o source.Object) {
	kind := cmp.Or(o.Line("notificationType"), o.Line("eventType"))
	e.Detail = detail{what: strings.TrimSpace("SES " + kind)}
	e.Subject.Title, e.Body = o.Line("mail.source"), ""
	e.Fields = source.Fields("Kind", cmp.Or(o.Line("bounce.bounceType"), o.Line("complaint.complaintFeedbackType")))
	if kind == "Bounce" || kind == "Complaint" || kind == "Reject" {
		e.Severity = webhook.Warning
	}
}

// stored is what S3 tells of an object in a bucket.
func stored(e *webhook.Event, record source.Object) {
	bucket := record.Line("s3.bucket.name")
	if bucket == "" {
		return
	}
	e.Detail = detail{what: strings.TrimSpace("S3 " + record.Line("eventName"))}
	e.Subject.Title, e.Body = source.Clip(bucket+"/"+record.Line("s3.object.key"), source.MaxLine), ""
	e.OccurredAt = record.Time(e.OccurredAt, "eventTime")
	e.Fields = source.Fields("Size", record.Line("s3.object.size"), "Region", record.Line("awsRegion"))
}

// resource is the first that EventBridge names, less what all ARNs begin with.
func (m message) resource() string {
	list := m.inner.List("resources")
	if len(list) == 0 {
		return ""
	}
	parts := strings.SplitN(source.Line(source.Scalar(list[0])), ":", 6)
	return parts[len(parts)-1]
}

func first(o source.Object, list string) source.Object {
	all := o.List(list)
	if len(all) == 0 {
		return nil
	}
	m, _ := all[0].(map[string]any)
	return m
}

// alarm is a change of one of CloudWatch's alarms.
type alarm struct {
	name, state, was, reason string
	description, metric      string
	arn, region, account     string
	at                       time.Time
}

// alarm reads one that CloudWatch published, or EventBridge for it.
func (m message) alarm() (alarm, bool) {
	o := m.inner
	switch {
	case o.At("AlarmName") != nil && o.At("NewStateValue") != nil:
		a := alarm{
			name: o.Line("AlarmName"), state: o.Line("NewStateValue"), was: o.Line("OldStateValue"),
			reason: o.Text("NewStateReason"), description: o.Line("AlarmDescription"), arn: o.Line("AlarmArn"),
			metric: strings.TrimSpace(o.Line("Trigger.Namespace") + " " + o.Line("Trigger.MetricName")),
			region: o.Line("Region"), account: o.Line("AWSAccountId"), at: stamp(o.Text("StateChangeTime")),
		}
		return a, a.state != ""
	case o.Text("detail-type") == "CloudWatch Alarm State Change":
		d := o.Object("detail")
		a := alarm{
			name: d.Line("alarmName"), state: d.Line("state.value"), was: d.Line("previousState.value"),
			reason: d.Text("state.reason"), description: d.Line("configuration.description"),
			region: o.Line("region"), account: o.Line("account"), at: stamp(d.Text("state.timestamp")),
		}
		if list := o.List("resources"); len(list) > 0 {
			a.arn = source.Line(source.Scalar(list[0]))
		}
		return a, a.state != ""
	default:
		return alarm{}, false
	}
}

func (a alarm) tell(e *webhook.Event) {
	e.Detail = detail{from: a.was, to: a.state}
	e.Subject = webhook.Subject{Title: a.name, URL: a.address()}
	e.URL = e.Subject.URL
	e.Body = source.Excerpt(a.reason)
	e.Fields = source.Fields("Description", a.description, "Metric", a.metric, "Region", a.region, "Account", a.account)
	if thing := cmp.Or(a.arn, a.name); thing != "" {
		e.Thread = "sns:" + thing
	}
	if !a.at.IsZero() {
		e.OccurredAt = a.at
	}
	switch a.state {
	case alarming:
		e.Severity = webhook.Error
	case ok:
		e.Severity = webhook.Notice
	default:
		e.Severity = webhook.Warning
	}
	e.Title = headline(*e, source.English)
}

var cloudwatch = regexp.MustCompile(`^arn:aws:cloudwatch:([a-z0-9-]+):[0-9]*:alarm:(.+)$`)

// address is the alarm's page in the console.
func (a alarm) address() string {
	parts := cloudwatch.FindStringSubmatch(a.arn)
	if parts == nil {
		return ""
	}
	return source.Link("https://console.aws.amazon.com/cloudwatch/home?region=" + parts[1] + "#alarmsV2:alarm/" + url.PathEscape(parts[2]))
}

// stamp reads CloudWatch's way to write a time: 2026-01-02T03:04:05.678+0000.
func stamp(text string) time.Time {
	t, err := time.Parse("2006-01-02T15:04:05-0700", text)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}
	}
	return t.UTC()
}
