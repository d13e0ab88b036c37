package github

import (
	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// deeds are the wordings that several families share. A family's own stand
// beside it and go before these.
func deeds() map[string]source.Words {
	return map[string]source.Words{
		"opened":       {English: "{who} opened {what}", Japanese: "{who} が {what} を作成しました", Chinese: "{who} 创建了{what}"},
		"created":      {English: "{who} created {what}", Japanese: "{who} が {what} を作成しました", Chinese: "{who} 创建了{what}"},
		"closed":       {English: "{who} closed {what}", Japanese: "{who} が {what} をクローズしました", Chinese: "{who} 关闭了{what}"},
		"reopened":     {English: "{who} reopened {what}", Japanese: "{who} が {what} を再オープンしました", Chinese: "{who} 重新打开了{what}"},
		"edited":       {English: "{who} edited {what}", Japanese: "{who} が {what} を編集しました", Chinese: "{who} 编辑了{what}"},
		"updated":      {English: "{who} updated {what}", Japanese: "{who} が {what} を更新しました", Chinese: "{who} 更新了{what}"},
		"deleted":      {English: "{who} deleted {what}", Japanese: "{who} が {what} を削除しました", Chinese: "{who} 删除了{what}"},
		"renamed":      {English: "{who} renamed {what}", Japanese: "{who} が {what} の名前を変更しました", Chinese: "{who} 重命名了{what}"},
		"transferred":  {English: "{who} transferred {what}", Japanese: "{who} が {what} を移管しました", Chinese: "{who} 转移了{what}"},
		"archived":     {English: "{who} archived {what}", Japanese: "{who} が {what} をアーカイブしました", Chinese: "{who} 归档了{what}"},
		"unarchived":   {English: "{who} unarchived {what}", Japanese: "{who} が {what} のアーカイブを解除しました", Chinese: "{who} 取消归档了{what}"},
		"labeled":      {English: "{who} labeled {what}", Japanese: "{who} が {what} にラベルを付けました", Chinese: "{who} 为{what}添加了标签"},
		"unlabeled":    {English: "{who} unlabeled {what}", Japanese: "{who} が {what} からラベルを外しました", Chinese: "{who} 移除了{what}的标签"},
		"assigned":     {English: "{who} assigned {what}", Japanese: "{who} が {what} の担当者を設定しました", Chinese: "{who} 指派了{what}"},
		"unassigned":   {English: "{who} unassigned {what}", Japanese: "{who} が {what} の担当者を外しました", Chinese: "{who} 取消指派了{what}"},
		"milestoned":   {English: "{who} added {what} to a milestone", Japanese: "{who} が {what} をマイルストーンに追加しました", Chinese: "{who} 将{what}加入了里程碑"},
		"demilestoned": {English: "{who} removed {what} from a milestone", Japanese: "{who} が {what} をマイルストーンから外しました", Chinese: "{who} 将{what}移出了里程碑"},
		"pinned":       {English: "{who} pinned {what}", Japanese: "{who} が {what} をピン留めしました", Chinese: "{who} 置顶了{what}"},
		"unpinned":     {English: "{who} unpinned {what}", Japanese: "{who} が {what} のピン留めを外しました", Chinese: "{who} 取消置顶了{what}"},
		"locked":       {English: "{who} locked {what}", Japanese: "{who} が {what} をロックしました", Chinese: "{who} 锁定了{what}"},
		"unlocked":     {English: "{who} unlocked {what}", Japanese: "{who} が {what} のロックを解除しました", Chinese: "{who} 解锁了{what}"},
		"published":    {English: "{who} published {what}", Japanese: "{who} が {what} を公開しました", Chinese: "{who} 发布了{what}"},
		"unpublished":  {English: "{who} unpublished {what}", Japanese: "{who} が {what} を非公開にしました", Chinese: "{who} 撤回了{what}"},
	}
}

// labels are the names of fields and links, by what an event calls them.
var labels = map[string]source.Words{ //nolint:gochecknoglobals // a constant table, looked into for each field of each message
	"Branch":           {English: "Branch", Japanese: "ブランチ", Chinese: "分支"},
	"Author":           {English: "Author", Japanese: "作成者", Chinese: "作者"},
	"Labels":           {English: "Labels", Japanese: "ラベル", Chinese: "标签"},
	"Label":            {English: "Label", Japanese: "ラベル", Chinese: "标签"},
	"Assignees":        {English: "Assignees", Japanese: "担当者", Chinese: "负责人"},
	"Assignee":         {English: "Assignee", Japanese: "担当者", Chinese: "负责人"},
	"Reviewers":        {English: "Reviewers", Japanese: "レビュアー", Chinese: "评审人"},
	"Reviewer":         {English: "Reviewer", Japanese: "レビュアー", Chinese: "评审人"},
	"Milestone":        {English: "Milestone", Japanese: "マイルストーン", Chinese: "里程碑"},
	"Reason":           {English: "Reason", Japanese: "理由", Chinese: "原因"},
	"Changes":          {English: "Changes", Japanese: "変更", Chinese: "变更"},
	"Files":            {English: "Files", Japanese: "ファイル", Chinese: "文件"},
	"File":             {English: "File", Japanese: "ファイル", Chinese: "文件"},
	"Result":           {English: "Result", Japanese: "結果", Chinese: "结果"},
	"Files changed":    {English: "Files changed", Japanese: "変更されたファイル", Chinese: "变更的文件"},
	"Changed":          {English: "Changed", Japanese: "変更箇所", Chinese: "变更项"},
	"Change":           {English: "Change", Japanese: "変更", Chinese: "变更"},
	"Before":           {English: "Before", Japanese: "変更前", Chinese: "变更前"},
	"Type":             {English: "Type", Japanese: "種類", Chinese: "类型"},
	"New repository":   {English: "New repository", Japanese: "移管先リポジトリ", Chinese: "新仓库"},
	"New issue":        {English: "New issue", Japanese: "新しい Issue", Chinese: "新议题"},
	"Commit":           {English: "Commit", Japanese: "コミット", Chinese: "提交"},
	"Version":          {English: "Version", Japanese: "バージョン", Chinese: "版本"},
	"Pull":             {English: "Pull", Japanese: "取得元", Chinese: "拉取地址"},
	"Category":         {English: "Category", Japanese: "カテゴリ", Chinese: "分类"},
	"Answered by":      {English: "Answered by", Japanese: "回答者", Chinese: "解答者"},
	"Event":            {English: "Event", Japanese: "イベント", Chinese: "事件"},
	"Attempt":          {English: "Attempt", Japanese: "試行", Chinese: "尝试次数"},
	"Duration":         {English: "Duration", Japanese: "所要時間", Chinese: "耗时"},
	"Workflow":         {English: "Workflow", Japanese: "ワークフロー", Chinese: "工作流"},
	"Failed step":      {English: "Failed step", Japanese: "失敗したステップ", Chinese: "失败的步骤"},
	"Runner":           {English: "Runner", Japanese: "ランナー", Chinese: "运行器"},
	"App":              {English: "App", Japanese: "アプリ", Chinese: "应用"},
	"Requested action": {English: "Requested action", Japanese: "要求されたアクション", Chinese: "请求的操作"},
	"Environment":      {English: "Environment", Japanese: "環境", Chinese: "环境"},
	"Ref":              {English: "Ref", Japanese: "参照", Chinese: "引用"},
	"Task":             {English: "Task", Japanese: "タスク", Chinese: "任务"},
	"Log":              {English: "Log", Japanese: "ログ", Chinese: "日志"},
	"Approver":         {English: "Approver", Japanese: "承認者", Chinese: "审批人"},
	"Requested by":     {English: "Requested by", Japanese: "依頼者", Chinese: "请求者"},
	"Severity":         {English: "Severity", Japanese: "深刻度", Chinese: "严重程度"},
	"Package":          {English: "Package", Japanese: "パッケージ", Chinese: "软件包"},
	"Versions":         {English: "Versions", Japanese: "バージョン", Chinese: "版本"},
	"Advisory":         {English: "Advisory", Japanese: "アドバイザリ", Chinese: "公告"},
	"Rule":             {English: "Rule", Japanese: "ルール", Chinese: "规则"},
	"Tool":             {English: "Tool", Japanese: "ツール", Chinese: "工具"},
	"Validity":         {English: "Validity", Japanese: "有効性", Chinese: "有效性"},
	"Resolution":       {English: "Resolution", Japanese: "解決方法", Chinese: "解决方式"},
	"Location":         {English: "Location", Japanese: "場所", Chinese: "位置"},
	"Visibility":       {English: "Visibility", Japanese: "公開範囲", Chinese: "可见性"},
	"Forks":            {English: "Forks", Japanese: "フォーク数", Chinese: "复刻数"},
	"Stars":            {English: "Stars", Japanese: "スター数", Chinese: "星标数"},
	"Page":             {English: "Page", Japanese: "ページ", Chinese: "页面"},
	"Target":           {English: "Target", Japanese: "対象", Chinese: "目标"},
	"Enforcement":      {English: "Enforcement", Japanese: "適用", Chinese: "执行"},
	"Permission":       {English: "Permission", Japanese: "権限", Chinese: "权限"},
	"Team":             {English: "Team", Japanese: "チーム", Chinese: "团队"},
	"Role":             {English: "Role", Japanese: "役割", Chinese: "角色"},
	"Due":              {English: "Due", Japanese: "期限", Chinese: "截止日期"},
	"Start":            {English: "Start", Japanese: "開始日", Chinese: "开始日期"},
	"Progress":         {English: "Progress", Japanese: "進捗", Chinese: "进度"},
	"Field":            {English: "Field", Japanese: "フィールド", Chinese: "字段"},
	"Status":           {English: "Status", Japanese: "状況", Chinese: "状态"},
	"Tier":             {English: "Tier", Japanese: "支援額", Chinese: "赞助等级"},
	"Takes effect":     {English: "Takes effect", Japanese: "適用日", Chinese: "生效日期"},
	"Repositories":     {English: "Repositories", Japanese: "リポジトリ", Chinese: "仓库"},
	"Webhook events":   {English: "Webhook events", Japanese: "Webhook のイベント", Chinese: "Webhook 事件"},
}

// localized puts a message's names of fields and links into a locale. It
// copies: the event keeps its own.
func localized(m chat.Message, l source.Locale) chat.Message {
	var fields []webhook.Field
	for _, f := range m.Fields {
		if w, ok := labels[f.Name]; ok {
			f.Name = w.In(l)
		}
		fields = append(fields, f)
	}
	var links []webhook.Link
	for _, k := range m.Links {
		if w, ok := labels[k.Text]; ok {
			k.Text = w.In(l)
		}
		links = append(links, k)
	}
	m.Fields, m.Links = fields, links
	return m
}
