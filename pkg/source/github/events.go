package github

import (
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// reader fills in what one kind of event tells. It finds the event with all
// that GitHub's events have in common.
type reader func(e *webhook.Event, payload source.Object)

// readers are the events that have words of their own, by GitHub's names. The
// rest is told by other.
var readers = map[string]reader{ //nolint:gochecknoglobals // a constant table, looked into for each event
	"branch_protection_configuration":       protection,
	"branch_protection_rule":                protection,
	"check_run":                             checkRun,
	"check_suite":                           checkSuite,
	"code_scanning_alert":                   codeScanningAlert,
	"commit_comment":                        commitComment,
	"create":                                reference,
	"delete":                                reference,
	"dependabot_alert":                      dependabotAlert,
	"deployment":                            deployment,
	"deployment_protection_rule":            protectedDeployment,
	"deployment_review":                     deploymentReview,
	"deployment_status":                     deploymentStatus,
	"discussion":                            discussion,
	"discussion_comment":                    discussionComment,
	"fork":                                  fork,
	"github_app_authorization":              authorization,
	"gollum":                                wiki,
	"installation":                          installation,
	"installation_repositories":             installation,
	"installation_target":                   installationTarget,
	"integration_installation":              installation, // before 2018, as the next
	"integration_installation_repositories": installation,
	"issue_comment":                         issueComment,
	"issues":                                issue,
	"label":                                 label,
	"member":                                member,
	"membership":                            membership,
	"merge_group":                           mergeGroup,
	"milestone":                             milestone,
	"organization":                          organization,
	"package":                               packaged,
	"ping":                                  ping,
	"project":                               classicProject,
	"project_card":                          classicProject,
	"project_column":                        classicProject,
	"projects_v2":                           project,
	"projects_v2_item":                      projectItem,
	"projects_v2_status_update":             projectStatus,
	"public":                                public,
	"pull_request":                          pullRequest,
	"pull_request_review":                   review,
	"pull_request_review_comment":           reviewComment,
	"pull_request_review_thread":            reviewThread,
	"push":                                  pushed,
	"registry_package":                      packaged,
	"release":                               release,
	"repository":                            repository,
	"repository_advisory":                   repositoryAdvisory,
	"repository_ruleset":                    ruleset,
	"repository_vulnerability_alert":        vulnerabilityAlert,
	"secret_scanning_alert":                 secretAlert,
	"secret_scanning_alert_location":        secretLocation,
	"security_advisory":                     securityAdvisory,
	"security_and_analysis":                 securitySettings,
	"sponsorship":                           sponsorship,
	"star":                                  star,
	"status":                                status,
	"team":                                  team,
	"team_add":                              team,
	"watch":                                 star,
	"workflow_job":                          workflowJob,
	"workflow_run":                          workflowRun,
}
