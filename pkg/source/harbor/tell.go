package harbor

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// image is a reference that is safe to paste behind a command.
var image = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/:@-]*$`)

// kind is what happened, whichever format it came in.
func kind(e webhook.Event) string {
	name, cloud := strings.CutPrefix(e.Type, "harbor.")
	if !cloud {
		return e.Type
	}
	return map[string]string{
		"artifact.pushed": "PUSH_ARTIFACT", "artifact.pulled": "PULL_ARTIFACT", "artifact.deleted": "DELETE_ARTIFACT",
		"tag.created": "CREATE_TAG", "tag.deleted": "DELETE_TAG",
		"scan.completed": "SCANNING_COMPLETED", "scan.failed": "SCANNING_FAILED", "scan.stopped": "SCANNING_STOPPED",
		"quota.exceeded": "QUOTA_EXCEED", "quota.warned": "QUOTA_WARNING",
		"replication.status.changed": "REPLICATION", "tag_retention.finished": "TAG_RETENTION",
	}[name]
}

func tell(e *webhook.Event, data source.Object) {
	switch kind(*e) {
	case "REPLICATION":
		replication(e, data.Object("replication"))
	case "TAG_RETENTION":
		retention(e, data.Object("retention"))
	default:
		artifact(e, data)
	}
	e.Title = headline(*e, source.English)
}

// artifact tells what became of an image or a chart, or of the project's quota.
func artifact(e *webhook.Event, data source.Object) {
	name := data.AnyLine("repository.repo_full_name", "repository.name")
	e.Container = webhook.Party{Name: name}
	resources := data.Objects("resources")
	if len(resources) > 0 && name != "" {
		e.Subject.Title = reference(name, resources[0])
		e.Thread = "harbor:" + e.Subject.Title
	}
	for _, r := range resources {
		if tag := r.Line("tag"); tag != "" && tag != r.Line("digest") {
			e.Labels = append(e.Labels, tag) // a rule may filter by it
		}
	}
	severity(e, data)
	if len(resources) > 0 {
		artifactFields(e, resources)
	}
	e.Body = source.Excerpt(data.Text("custom_attributes.Details"))
}

// reference is "library/web:1.2", or with the digest where there is no tag: then
// Harbor puts the digest in its place.
func reference(name string, resource source.Object) string {
	tag, digest := resource.Line("tag"), resource.Line("digest")
	switch {
	case tag != "" && tag != digest:
		return source.Clip(name+":"+tag, source.MaxLine)
	case digest != "":
		return source.Clip(name+"@"+short(digest), source.MaxLine)
	default:
		return name
	}
}

// short leaves of "sha256:9f86d081…" what people compare.
func short(digest string) string {
	algorithm, sum, found := strings.Cut(digest, ":")
	if !found || len(sum) <= 12 {
		return digest
	}
	return algorithm + ":" + strings.ToValidUTF8(sum[:12], "")
}

// severity says which of these events matter, and which are told by default:
// pushes, scans that found something, and what somebody must mend.
func severity(e *webhook.Event, data source.Object) {
	switch kind(*e) {
	case "PUSH_ARTIFACT", "UPLOAD_CHART":
		e.Default = true
	case "PULL_ARTIFACT", "DOWNLOAD_CHART":
		e.Severity = webhook.Debug
	case "DELETE_ARTIFACT", "DELETE_CHART", "DELETE_TAG", "SCANNING_STOPPED":
		e.Severity = webhook.Warning
	case "SCANNING_FAILED", "QUOTA_EXCEED":
		e.Severity, e.Default = webhook.Error, true
	case "QUOTA_WARNING":
		e.Severity, e.Default = webhook.Warning, true
	case "SCANNING_COMPLETED":
		critical, high := worst(data)
		if e.Default = critical || high; high {
			e.Severity = webhook.Warning
		}
		if critical {
			e.Severity = webhook.Error
		}
	}
}

// worst reports whether a scan found something critical or high.
func worst(data source.Object) (critical, high bool) {
	for _, r := range data.Objects("resources") {
		for _, report := range reports(r) {
			switch report.Text("severity") {
			case "Critical":
				critical = true
			case "High":
				high = true
			}
			critical = critical || report.count("Critical") > 0
			high = high || report.count("High") > 0
		}
	}
	return critical, high
}

// report is what one scanner found in one artifact.
type report struct{ source.Object }

func (r report) count(level string) int64 {
	n, _ := r.Object.Object("summary.summary")[level].(int64)
	return n
}

// reports gives a resource's reports, by the names of their formats.
func reports(resource source.Object) []report {
	overview := resource.Object("scan_overview")
	var names []string
	for name := range overview {
		names = append(names, name)
	}
	slices.Sort(names)
	var found []report
	for _, name := range names {
		if m, ok := overview[name].(map[string]any); ok {
			found = append(found, report{m})
		}
	}
	return found
}

func artifactFields(e *webhook.Event, resources []source.Object) {
	first := resources[0]
	forge.AddField(e, "Digest", short(first.Line("digest")))
	if pull := first.Text("resource_url"); kind(*e) == "PUSH_ARTIFACT" && image.MatchString(pull) && len(pull) < source.MaxLine {
		forge.AddField(e, "Pull", "docker pull "+pull)
	}
	for _, r := range reports(first) {
		forge.AddField(e, "Severity", r.Line("severity"))
		forge.AddField(e, "Vulnerabilities", r.counts())
		e.Summary = cmp.Or(e.Summary, r.counts())
		if fixable := r.Line("summary.fixable"); fixable != "0" {
			forge.AddField(e, "Fixable", fixable)
		}
	}
	if more := len(resources) - 1; more > 0 {
		forge.AddField(e, "Further artifacts", strconv.Itoa(more))
	}
}

// counts is "Critical 1, High 2, Low 7".
func (r report) counts() string {
	var counts []string
	for _, level := range []string{"Critical", "High", "Medium", "Low", "Unknown"} {
		if n := r.count(level); n > 0 {
			counts = append(counts, level+" "+strconv.FormatInt(n, 10))
		}
	}
	return strings.Join(counts, ", ")
}

// replication tells how copying to or from another registry ended.
func replication(e *webhook.Event, o source.Object) {
	from, to := place(o, "src_resource"), place(o, "dest_resource")
	e.Container.Name = o.AnyLine("src_resource.namespace", "dest_resource.namespace", "harbor_hostname")
	if from != "" && to != "" {
		e.Subject.Title = source.Clip(from+" → "+to, source.MaxLine)
	}
	e.Severity = ended(e.Action)
	e.Default = e.Severity == webhook.Error
	forge.AddField(e, "Status", e.Action)
	forge.AddField(e, "Trigger", o.Line("trigger_type"))
	forge.AddField(e, "Artifacts", names(o.Objects("successful_artifact")))
	forge.AddField(e, "Failed", names(o.Objects("failed_artifact")))
	for _, failed := range o.Objects("failed_artifact") {
		if reason := failed.Line("fail_reason"); reason != "" {
			forge.AddField(e, "Reason", reason)
			break
		}
	}
}

func place(o source.Object, member string) string {
	return cmp.Or(o.Line(member+".registry_name"), o.Line(member+".endpoint"), o.Line(member+".registry_type"))
}

// retention tells how cleaning up old tags ended.
func retention(e *webhook.Event, o source.Object) {
	e.Container.Name = o.Line("project_name")
	e.Severity = ended(e.Action)
	e.Default = e.Severity == webhook.Error
	forge.AddField(e, "Status", e.Action)
	if total := o.Line("total"); total != "" {
		forge.AddField(e, "Kept", o.Line("retained")+" / "+total)
	}
	forge.AddField(e, "Deleted", names(o.Objects("deleted_artifact")))
}

// ended is the severity of how a job of Harbor's ended.
func ended(status string) webhook.Severity {
	switch strings.ToLower(status) {
	case "failed", "failure", "error":
		return webhook.Error
	case "stopped":
		return webhook.Warning
	default:
		return webhook.Info
	}
}

// names lists artifacts, the first of them.
func names(artifacts []source.Object) string {
	var listed []string
	for _, a := range artifacts {
		if name := a.Line("name_tag"); name != "" {
			listed = append(listed, name)
		}
	}
	return forge.Shortened(listed)
}
