package harbor

import (
	"cmp"
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// headline is "📦 library/web:1.2 pushed by who", with what a scan found behind
// it, "[acme] Replication failed: a
// → b", or the generic line.
func headline(e webhook.Event, l source.Locale) string {
	what := kind(e)
	if w, told := deeds()[what]; told && e.Container.Name != "" {
		text := source.Fill(w.In(l), "thing", cmp.Or(e.Subject.Title, e.Container.Name))
		return source.Title("", source.By(l, text, e.Actor.Name), e.Summary)
	}
	w, told := states()[strings.TrimSpace(what+" "+strings.ToLower(e.Action))]
	if !told {
		return source.Headline(e, l)
	}
	return source.Title(e.Container.Name, source.By(l, w.In(l), e.Actor.Name), e.Subject.Title)
}

// deeds are the wordings of what becomes of a thing.
func deeds() map[string]source.Words {
	return map[string]source.Words{
		"PUSH_ARTIFACT":      {English: "📦 {thing} pushed", Japanese: "📦 {thing} をプッシュ", Chinese: "📦 已推送 {thing}"},
		"PULL_ARTIFACT":      {English: "{thing} pulled", Japanese: "{thing} をプル", Chinese: "已拉取 {thing}"},
		"DELETE_ARTIFACT":    {English: "{thing} deleted", Japanese: "{thing} を削除", Chinese: "已删除 {thing}"},
		"UPLOAD_CHART":       {English: "📦 Chart {thing} uploaded", Japanese: "📦 チャート {thing} をアップロード", Chinese: "📦 已上传 Chart {thing}"},
		"DOWNLOAD_CHART":     {English: "Chart {thing} downloaded", Japanese: "チャート {thing} をダウンロード", Chinese: "已下载 Chart {thing}"},
		"DELETE_CHART":       {English: "Chart {thing} deleted", Japanese: "チャート {thing} を削除", Chinese: "已删除 Chart {thing}"},
		"CREATE_TAG":         {English: "Tag {thing} created", Japanese: "タグ {thing} を作成", Chinese: "已创建标签 {thing}"},
		"DELETE_TAG":         {English: "Tag {thing} deleted", Japanese: "タグ {thing} を削除", Chinese: "已删除标签 {thing}"},
		"SCANNING_COMPLETED": {English: "Scan of {thing} completed", Japanese: "{thing} のスキャンが完了しました", Chinese: "{thing} 扫描完成"},
		"SCANNING_FAILED":    {English: "❌ Scan of {thing} failed", Japanese: "❌ {thing} のスキャンに失敗しました", Chinese: "❌ {thing} 扫描失败"},
		"SCANNING_STOPPED":   {English: "Scan of {thing} stopped", Japanese: "{thing} のスキャンを停止しました", Chinese: "{thing} 扫描已停止"},
	}
}

// states are the wordings of how a place or a job of Harbor's stands, by kind
// and status.
func states() map[string]source.Words {
	return map[string]source.Words{
		"QUOTA_EXCEED":           {English: "❌ Quota exceeded", Japanese: "❌ クォータ超過", Chinese: "❌ 超出配额"},
		"QUOTA_WARNING":          {English: "⚠️ Quota almost reached", Japanese: "⚠️ クォータの残りがわずかです", Chinese: "⚠️ 配额即将用尽"},
		"REPLICATION success":    {English: "Replication succeeded", Japanese: "レプリケーション成功", Chinese: "复制成功"},
		"REPLICATION failed":     {English: "❌ Replication failed", Japanese: "❌ レプリケーション失敗", Chinese: "❌ 复制失败"},
		"REPLICATION stopped":    {English: "Replication stopped", Japanese: "レプリケーション停止", Chinese: "复制已停止"},
		"REPLICATION inprogress": {English: "Replication is running", Japanese: "レプリケーション実行中", Chinese: "正在复制"},
		"TAG_RETENTION success":  {English: "Tag retention finished", Japanese: "タグ保持ポリシーの実行完了", Chinese: "标签保留执行完成"},
		"TAG_RETENTION failed":   {English: "❌ Tag retention failed", Japanese: "❌ タグ保持ポリシーの実行失敗", Chinese: "❌ 标签保留执行失败"},
		"TAG_RETENTION error":    {English: "❌ Tag retention failed", Japanese: "❌ タグ保持ポリシーの実行失敗", Chinese: "❌ 标签保留执行失败"},
		"TAG_RETENTION stopped":  {English: "Tag retention stopped", Japanese: "タグ保持ポリシーの実行停止", Chinese: "标签保留已停止"},
	}
}

// labels are the names of fields in every locale.
func labels() map[string]source.Words {
	return map[string]source.Words{
		"Digest":            {English: "Digest", Japanese: "ダイジェスト", Chinese: "摘要"},
		"Pull":              {English: "Pull", Japanese: "取得", Chinese: "拉取"},
		"Severity":          {English: "Severity", Japanese: "重大度", Chinese: "严重程度"},
		"Vulnerabilities":   {English: "Vulnerabilities", Japanese: "脆弱性", Chinese: "漏洞"},
		"Fixable":           {English: "Fixable", Japanese: "修正可能", Chinese: "可修复"},
		"Further artifacts": {English: "Further artifacts", Japanese: "ほかのアーティファクト", Chinese: "其他制品"},
		"Status":            {English: "Status", Japanese: "ステータス", Chinese: "状态"},
		"Trigger":           {English: "Trigger", Japanese: "トリガー", Chinese: "触发方式"},
		"Artifacts":         {English: "Artifacts", Japanese: "アーティファクト", Chinese: "制品"},
		"Failed":            {English: "Failed", Japanese: "失敗", Chinese: "失败"},
		"Reason":            {English: "Reason", Japanese: "理由", Chinese: "原因"},
		"Kept":              {English: "Kept", Japanese: "保持", Chinese: "保留"},
		"Deleted":           {English: "Deleted", Japanese: "削除", Chinese: "已删除"},
	}
}
