package forge

import (
	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// Issue is the noun.
func Issue() source.Words {
	return source.Words{English: "issue", Japanese: "Issue", Chinese: "议题"}
}

// PullRequest is the noun, or that of a draft.
func PullRequest(draft bool) source.Words {
	if draft {
		return source.Words{English: "draft pull request", Japanese: "ドラフトのプルリクエスト", Chinese: "草稿拉取请求"}
	}
	return source.Words{English: "pull request", Japanese: "プルリクエスト", Chinese: "拉取请求"}
}

// MergeRequest is the noun, or that of a draft.
func MergeRequest(draft bool) source.Words {
	if draft {
		return source.Words{English: "draft merge request", Japanese: "ドラフトのマージリクエスト", Chinese: "草稿合并请求"}
	}
	return source.Words{English: "merge request", Japanese: "マージリクエスト", Chinese: "合并请求"}
}

// Release is the noun, or that of a pre-release.
func Release(early bool) source.Words {
	if early {
		return source.Words{English: "pre-release", Japanese: "プレリリース", Chinese: "预发布版本"}
	}
	return source.Words{English: "release", Japanese: "リリース", Chinese: "版本"}
}

// Branch is the noun.
func Branch() source.Words {
	return source.Words{English: "branch", Japanese: "ブランチ", Chinese: "分支"}
}

// Tag is the noun.
func Tag() source.Words {
	return source.Words{English: "tag", Japanese: "タグ", Chinese: "标签"}
}

// CommitNoun is the noun; a Commit is one of a push.
func CommitNoun() source.Words {
	return source.Words{English: "commit", Japanese: "コミット", Chinese: "提交"}
}

// WikiPage is the noun.
func WikiPage() source.Words {
	return source.Words{English: "wiki page", Japanese: "Wiki ページ", Chinese: "维基页面"}
}

// Repository is the noun.
func Repository() source.Words {
	return source.Words{English: "repository", Japanese: "リポジトリ", Chinese: "仓库"}
}

// Package is the noun.
func Package() source.Words {
	return source.Words{English: "package", Japanese: "パッケージ", Chinese: "软件包"}
}

// Build is the noun.
func Build() source.Words {
	return source.Words{English: "build", Japanese: "ビルド", Chinese: "构建"}
}

// Pipeline is the noun.
func Pipeline() source.Words {
	return source.Words{English: "pipeline", Japanese: "パイプライン", Chinese: "流水线"}
}

// Job is the noun.
func Job() source.Words {
	return source.Words{English: "job", Japanese: "ジョブ", Chinese: "作业"}
}

// deeds are the wordings of what is done to an Item.
func deeds() map[string]source.Words {
	return map[string]source.Words{
		"opened":                 {English: "{who} opened {what}", Japanese: "{who} が {what} を作成しました", Chinese: "{who} 创建了{what}"},
		"closed":                 {English: "{who} closed {what}", Japanese: "{who} が {what} をクローズしました", Chinese: "{who} 关闭了{what}"},
		"reopened":               {English: "{who} reopened {what}", Japanese: "{who} が {what} を再オープンしました", Chinese: "{who} 重新打开了{what}"},
		"merged":                 {English: "{who} merged {what}", Japanese: "{who} が {what} をマージしました", Chinese: "{who} 合并了{what}"},
		"declined":               {English: "{who} declined {what}", Japanese: "{who} が {what} を却下しました", Chinese: "{who} 拒绝了{what}"},
		"approved":               {English: "{who} approved {what}", Japanese: "{who} が {what} を承認しました", Chinese: "{who} 批准了{what}"},
		"unapproved":             {English: "{who} withdrew the approval of {what}", Japanese: "{who} が {what} の承認を取り消しました", Chinese: "{who} 撤销了对{what} 的批准"},
		"changes_requested":      {English: "{who} requested changes to {what}", Japanese: "{who} が {what} に変更を依頼しました", Chinese: "{who} 要求修改{what}"},
		"changes_withdrawn":      {English: "{who} no longer requests changes to {what}", Japanese: "{who} が {what} の変更依頼を取り下げました", Chinese: "{who} 撤回了对{what} 的修改要求"},
		"reviewed":               {English: "{who} reviewed {what}", Japanese: "{who} が {what} をレビューしました", Chinese: "{who} 评审了{what}"},
		"commented":              {English: "{who} commented on {what}", Japanese: "{who} が {what} にコメントしました", Chinese: "{who} 评论了{what}"},
		"comment_edited":         {English: "{who} edited a comment on {what}", Japanese: "{who} が {what} のコメントを編集しました", Chinese: "{who} 编辑了{what} 的评论"},
		"comment_deleted":        {English: "{who} deleted a comment on {what}", Japanese: "{who} が {what} のコメントを削除しました", Chinese: "{who} 删除了{what} 的评论"},
		"ready_for_review":       {English: "{who} marked {what} ready for review", Japanese: "{who} が {what} をレビュー可能にしました", Chinese: "{who} 将{what} 标记为可评审"},
		"converted_to_draft":     {English: "{who} converted {what} to a draft", Japanese: "{who} が {what} をドラフトに戻しました", Chinese: "{who} 将{what} 转为草稿"},
		"committed":              {English: "{who} pushed new commits to {what}", Japanese: "{who} が {what} に新しいコミットをプッシュしました", Chinese: "{who} 向{what} 推送了新提交"},
		"updated":                {English: "{who} updated {what}", Japanese: "{who} が {what} を更新しました", Chinese: "{who} 更新了{what}"},
		"edited":                 {English: "{who} edited {what}", Japanese: "{who} が {what} を編集しました", Chinese: "{who} 编辑了{what}"},
		"created":                {English: "{who} created {what}", Japanese: "{who} が {what} を作成しました", Chinese: "{who} 创建了{what}"},
		"deleted":                {English: "{who} deleted {what}", Japanese: "{who} が {what} を削除しました", Chinese: "{who} 删除了{what}"},
		"labeled":                {English: "{who} changed the labels of {what}", Japanese: "{who} が {what} のラベルを変更しました", Chinese: "{who} 更改了{what} 的标签"},
		"unlabeled":              {English: "{who} removed the labels of {what}", Japanese: "{who} が {what} のラベルを外しました", Chinese: "{who} 移除了{what} 的标签"},
		"assigned":               {English: "{who} assigned {what}", Japanese: "{who} が {what} の担当者を設定しました", Chinese: "{who} 指派了{what}"},
		"unassigned":             {English: "{who} unassigned {what}", Japanese: "{who} が {what} の担当者を外しました", Chinese: "{who} 取消指派了{what}"},
		"milestoned":             {English: "{who} set the milestone of {what}", Japanese: "{who} が {what} のマイルストーンを設定しました", Chinese: "{who} 设置了{what} 的里程碑"},
		"demilestoned":           {English: "{who} removed the milestone of {what}", Japanese: "{who} が {what} のマイルストーンを外しました", Chinese: "{who} 移除了{what} 的里程碑"},
		"review_requested":       {English: "{who} requested a review of {what}", Japanese: "{who} が {what} のレビューを依頼しました", Chinese: "{who} 请求评审{what}"},
		"review_request_removed": {English: "{who} no longer requests a review of {what}", Japanese: "{who} が {what} のレビュー依頼を取り消しました", Chinese: "{who} 取消了对{what} 的评审请求"},
		"reviewers_changed":      {English: "{who} changed the reviewers of {what}", Japanese: "{who} が {what} のレビュアーを変更しました", Chinese: "{who} 更改了{what} 的评审人"},
		"published":              {English: "{who} published {what}", Japanese: "{who} が {what} を公開しました", Chinese: "{who} 发布了{what}"},
		"forked":                 {English: "{who} forked the {what}", Japanese: "{who} が {what} をフォークしました", Chinese: "{who} 复刻了{what}"},
	}
}

// byNobody are the wordings where the sender does not say who did it.
func byNobody() map[string]source.Words {
	return map[string]source.Words{
		"published": {English: "{what} was published", Japanese: "{what} が公開されました", Chinese: "{what} 已发布"},
		"created":   {English: "{what} was created", Japanese: "{what} が作成されました", Chinese: "{what} 已创建"},
		"updated":   {English: "{what} was updated", Japanese: "{what} が更新されました", Chinese: "{what} 已更新"},
		"deleted":   {English: "{what} was deleted", Japanese: "{what} が削除されました", Chinese: "{what} 已删除"},
	}
}

// results are the wordings of how a Run stands.
func results() map[Result]source.Words {
	return map[Result]source.Words{
		Waiting:  {English: "{what} is waiting", Japanese: "{what} は待機中です", Chinese: "{what} 正在等待"},
		Running:  {English: "{what} is running", Japanese: "{what} を実行中です", Chinese: "{what} 正在运行"},
		Passed:   {English: "{what} passed", Japanese: "{what} が成功しました", Chinese: "{what} 已通过"},
		Warned:   {English: "{what} passed with warnings", Japanese: "{what} が警告付きで成功しました", Chinese: "{what} 已通过但有警告"},
		Failed:   {English: "{what} failed", Japanese: "{what} が失敗しました", Chinese: "{what} 失败"},
		Canceled: {English: "{what} was canceled", Japanese: "{what} がキャンセルされました", Chinese: "{what} 已取消"},
		Skipped:  {English: "{what} was skipped", Japanese: "{what} はスキップされました", Chinese: "{what} 已跳过"},
		Unstable: {English: "{what} is unstable", Japanese: "{what} が不安定です", Chinese: "{what} 不稳定"},
	}
}

// labels are the names of fields and links, by what an event calls them.
func labels() map[string]source.Words {
	return map[string]source.Words{
		"Repository":    {English: "Repository", Japanese: "リポジトリ", Chinese: "仓库"},
		"Pusher":        {English: "Pusher", Japanese: "プッシャー", Chinese: "推送者"},
		"Commits":       {English: "Commits", Japanese: "コミット", Chinese: "提交数"},
		"Commit":        {English: "Commit", Japanese: "コミット", Chinese: "提交"},
		"Latest commit": {English: "Latest commit", Japanese: "最新コミット", Chinese: "最新提交"},
		"Branch":        {English: "Branch", Japanese: "ブランチ", Chinese: "分支"},
		"Tag":           {English: "Tag", Japanese: "タグ", Chinese: "标签"},
		"Author":        {English: "Author", Japanese: "作成者", Chinese: "作者"},
		"Labels":        {English: "Labels", Japanese: "ラベル", Chinese: "标签"},
		"Assignees":     {English: "Assignees", Japanese: "担当者", Chinese: "负责人"},
		"Reviewers":     {English: "Reviewers", Japanese: "レビュアー", Chinese: "评审人"},
		"Milestone":     {English: "Milestone", Japanese: "マイルストーン", Chinese: "里程碑"},
		"Changed":       {English: "Changed", Japanese: "変更箇所", Chinese: "更改项"},
		"Changes":       {English: "Changes", Japanese: "変更", Chinese: "变更"},
		"Files":         {English: "Files", Japanese: "ファイル", Chinese: "文件"},
		"Reason":        {English: "Reason", Japanese: "理由", Chinese: "原因"},
		"Result":        {English: "Result", Japanese: "結果", Chinese: "结果"},
		"Role":          {English: "Role", Japanese: "ロール", Chinese: "角色"},
		"Refs":          {English: "Refs", Japanese: "参照", Chinese: "引用"},
		"Due":           {English: "Due", Japanese: "期限", Chinese: "截止日期"},
		"Before":        {English: "Before", Japanese: "変更前", Chinese: "变更前"},
		"File":          {English: "File", Japanese: "ファイル", Chinese: "文件"},
		"Type":          {English: "Type", Japanese: "種類", Chinese: "类型"},
		"Stage":         {English: "Stage", Japanese: "ステージ", Chinese: "阶段"},
		"Failed stages": {English: "Failed stages", Japanese: "失敗したステージ", Chinese: "失败的阶段"},
		"Failed jobs":   {English: "Failed jobs", Japanese: "失敗したジョブ", Chinese: "失败的作业"},
		"Duration":      {English: "Duration", Japanese: "所要時間", Chinese: "耗时"},
		"Status":        {English: "Status", Japanese: "ステータス", Chinese: "状态"},
		"Priority":      {English: "Priority", Japanese: "優先度", Chinese: "优先级"},
		"Severity":      {English: "Severity", Japanese: "重大度", Chinese: "严重程度"},
		"Version":       {English: "Version", Japanese: "バージョン", Chinese: "版本"},
		"Expires":       {English: "Expires", Japanese: "有効期限", Chinese: "到期"},
		"Compare":       {English: "Compare", Japanese: "差分を見る", Chinese: "查看差异"},
		"Files changed": {English: "Files changed", Japanese: "変更されたファイル", Chinese: "变更的文件"},
		"Workflow":      {English: "Workflow", Japanese: "ワークフロー", Chinese: "工作流"},
		"Step":          {English: "Step", Japanese: "ステップ", Chinese: "步骤"},
		"Exit status":   {English: "Exit status", Japanese: "終了コード", Chinese: "退出码"},
		"Pull request":  {English: "Pull request", Japanese: "プルリクエスト", Chinese: "拉取请求"},
		"Changed by":    {English: "Changed by", Japanese: "変更者", Chinese: "变更者"},
		"Tests passed":  {English: "Tests passed", Japanese: "成功したテスト", Chinese: "通过的测试"},
		"Failed tests":  {English: "Failed tests", Japanese: "失敗したテスト", Chinese: "失败的测试"},
		"Log":           {English: "Log", Japanese: "ログ", Chinese: "日志"},
		"Environment":   {English: "Environment", Japanese: "環境", Chinese: "环境"},
	}
}

// localized puts a message's names of fields and links into a locale. It
// copies: the event keeps its own.
func localized(m chat.Message, l source.Locale) chat.Message {
	names := labels()
	var fields []webhook.Field
	for _, f := range m.Fields {
		if w, ok := names[f.Name]; ok {
			f.Name = w.In(l)
		}
		fields = append(fields, f)
	}
	var links []webhook.Link
	for _, k := range m.Links {
		if w, ok := names[k.Text]; ok {
			k.Text = w.In(l)
		}
		links = append(links, k)
	}
	m.Fields, m.Links = fields, links
	return m
}
