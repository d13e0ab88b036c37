package linear

import (
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// sla is the type of what becomes of a promised time.
const sla = "IssueSLA"

// headline is "[team] Status → Done by who: WEB-44 title".
func headline(e webhook.Event, l source.Locale) string {
	d, _ := e.Detail.(detail)
	w, known := deeds()[d.deed]
	if !known {
		if w, known = deeds()[e.Type+"."+e.Action]; !known {
			return source.Headline(e, l)
		}
	}
	what := source.By(l, source.Fill(w.In(l), "to", d.to), e.Actor.Name)
	return source.Title(e.Container.Name, what, strings.TrimSpace(e.Subject.Number+" "+e.Subject.Title))
}

// deeds are the wordings of what happened.
func deeds() map[string]source.Words {
	return map[string]source.Words{
		"status":                  {English: "Status → {to}", Japanese: "ステータス → {to}", Chinese: "状态 → {to}"},
		"assigned":                {English: "Assigned to {to}", Japanese: "{to} に割り当て", Chinese: "指派给 {to}"},
		"unassigned":              {English: "Unassigned", Japanese: "割り当てを解除", Chinese: "取消指派"},
		"priority":                {English: "Priority {to}", Japanese: "優先度 {to}", Chinese: "优先级 {to}"},
		"Issue.create":            {English: "New issue", Japanese: "新しいイシュー", Chinese: "新议题"},
		"Issue.update":            {English: "Issue changed", Japanese: "イシューを更新", Chinese: "议题已更新"},
		"Issue.archived":          {English: "Issue archived", Japanese: "イシューをアーカイブ", Chinese: "议题已归档"},
		"Issue.remove":            {English: "Issue deleted", Japanese: "イシューを削除", Chinese: "议题已删除"},
		"Issue.restore":           {English: "Issue restored", Japanese: "イシューを復元", Chinese: "议题已恢复"},
		"Comment.create":          {English: "💬 Comment", Japanese: "💬 コメント", Chinese: "💬 新评论"},
		"Comment.update":          {English: "Comment edited", Japanese: "コメントを編集", Chinese: "评论已编辑"},
		"Comment.remove":          {English: "Comment deleted", Japanese: "コメントを削除", Chinese: "评论已删除"},
		"Reaction.create":         {English: "Reaction added", Japanese: "リアクションを追加", Chinese: "添加了表情回应"},
		"Reaction.remove":         {English: "Reaction removed", Japanese: "リアクションを削除", Chinese: "移除了表情回应"},
		"Attachment.create":       {English: "Attachment added", Japanese: "添付を追加", Chinese: "新增附件"},
		"Attachment.update":       {English: "Attachment changed", Japanese: "添付を更新", Chinese: "附件已更新"},
		"Attachment.remove":       {English: "Attachment removed", Japanese: "添付を削除", Chinese: "附件已移除"},
		"IssueLabel.create":       {English: "Label created", Japanese: "ラベルを作成", Chinese: "标签已创建"},
		"IssueLabel.update":       {English: "Label changed", Japanese: "ラベルを更新", Chinese: "标签已更新"},
		"IssueLabel.remove":       {English: "Label deleted", Japanese: "ラベルを削除", Chinese: "标签已删除"},
		"Project.create":          {English: "New project", Japanese: "新しいプロジェクト", Chinese: "新项目"},
		"Project.update":          {English: "Project changed", Japanese: "プロジェクトを更新", Chinese: "项目已更新"},
		"Project.archived":        {English: "Project archived", Japanese: "プロジェクトをアーカイブ", Chinese: "项目已归档"},
		"Project.remove":          {English: "Project deleted", Japanese: "プロジェクトを削除", Chinese: "项目已删除"},
		"ProjectUpdate.create":    {English: "📣 Project update", Japanese: "📣 プロジェクトの進捗報告", Chinese: "📣 项目进展"},
		"ProjectUpdate.update":    {English: "Project update edited", Japanese: "プロジェクトの進捗報告を編集", Chinese: "项目进展已编辑"},
		"ProjectUpdate.remove":    {English: "Project update deleted", Japanese: "プロジェクトの進捗報告を削除", Chinese: "项目进展已删除"},
		"Initiative.create":       {English: "New initiative", Japanese: "新しいイニシアチブ", Chinese: "新计划"},
		"Initiative.update":       {English: "Initiative changed", Japanese: "イニシアチブを更新", Chinese: "计划已更新"},
		"Initiative.remove":       {English: "Initiative deleted", Japanese: "イニシアチブを削除", Chinese: "计划已删除"},
		"InitiativeUpdate.create": {English: "📣 Initiative update", Japanese: "📣 イニシアチブの進捗報告", Chinese: "📣 计划进展"},
		"InitiativeUpdate.update": {English: "Initiative update edited", Japanese: "イニシアチブの進捗報告を編集", Chinese: "计划进展已编辑"},
		"Cycle.create":            {English: "New cycle", Japanese: "新しいサイクル", Chinese: "新周期"},
		"Cycle.update":            {English: "Cycle changed", Japanese: "サイクルを更新", Chinese: "周期已更新"},
		"Cycle.remove":            {English: "Cycle deleted", Japanese: "サイクルを削除", Chinese: "周期已删除"},
		"Document.create":         {English: "New document", Japanese: "新しいドキュメント", Chinese: "新文档"},
		"Document.update":         {English: "Document changed", Japanese: "ドキュメントを更新", Chinese: "文档已更新"},
		"Document.remove":         {English: "Document deleted", Japanese: "ドキュメントを削除", Chinese: "文档已删除"},
		"Customer.create":         {English: "New customer", Japanese: "新しい顧客", Chinese: "新客户"},
		"Customer.update":         {English: "Customer changed", Japanese: "顧客情報を更新", Chinese: "客户信息已更新"},
		"Customer.remove":         {English: "Customer deleted", Japanese: "顧客を削除", Chinese: "客户已删除"},
		"CustomerNeed.create":     {English: "Customer request", Japanese: "顧客からの要望", Chinese: "客户需求"},
		"CustomerNeed.update":     {English: "Customer request changed", Japanese: "顧客からの要望を更新", Chinese: "客户需求已更新"},
		"CustomerNeed.remove":     {English: "Customer request deleted", Japanese: "顧客からの要望を削除", Chinese: "客户需求已删除"},
		sla + ".set":              {English: "SLA set", Japanese: "SLA を設定", Chinese: "已设定 SLA"},
		sla + ".highRisk":         {English: "⚠️ SLA at risk", Japanese: "⚠️ SLA 期限が迫っています", Chinese: "⚠️ SLA 即将超时"},
		sla + ".breached":         {English: "🔴 SLA breached", Japanese: "🔴 SLA 違反", Chinese: "🔴 SLA 已超时"},
		"OAuthApp.revoked":        {English: "⚠️ App access revoked", Japanese: "⚠️ アプリの認可が取り消されました", Chinese: "⚠️ 应用授权已撤销"},
	}
}

// labels are the names of fields in every locale.
func labels() map[string]source.Words {
	return map[string]source.Words{
		"Title":    {English: "Title", Japanese: "タイトル", Chinese: "标题"},
		"Name":     {English: "Name", Japanese: "名前", Chinese: "名称"},
		"Status":   {English: "Status", Japanese: "ステータス", Chinese: "状态"},
		"Priority": {English: "Priority", Japanese: "優先度", Chinese: "优先级"},
		"Assignee": {English: "Assignee", Japanese: "担当者", Chinese: "负责人"},
		"Lead":     {English: "Lead", Japanese: "リード", Chinese: "项目负责人"},
		"Health":   {English: "Health", Japanese: "状況", Chinese: "健康度"},
		"Team":     {English: "Team", Japanese: "チーム", Chinese: "团队"},
		"Project":  {English: "Project", Japanese: "プロジェクト", Chinese: "项目"},
		"Cycle":    {English: "Cycle", Japanese: "サイクル", Chinese: "周期"},
		"Parent":   {English: "Parent", Japanese: "親イシュー", Chinese: "父议题"},
		"Labels":   {English: "Labels", Japanese: "ラベル", Chinese: "标签"},
		"Estimate": {English: "Estimate", Japanese: "見積もり", Chinese: "估算"},
		"Start":    {English: "Start", Japanese: "開始日", Chinese: "开始日期"},
		"Due":      {English: "Due", Japanese: "期限", Chinese: "截止日期"},
		"Target":   {English: "Target", Japanese: "目標日", Chinese: "目标日期"},
		"Changed":  {English: "Changed", Japanese: "変更箇所", Chinese: "更改项"},
		"SLA ends": {English: "SLA ends", Japanese: "SLA 期限", Chinese: "SLA 截止"},
	}
}
