package vercel

import (
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// headline is "[project] Deployment failed (production, main): commit".
func headline(e webhook.Event, l source.Locale) string {
	w, known := deeds()[e.Type]
	if !known {
		return source.Headline(e, l)
	}
	d, _ := e.Detail.(detail)
	return source.Title(e.Container.Name, source.Where(w.In(l), d.environment, e.Branch), e.Subject.Title)
}

// deeds are the wordings of what happened.
func deeds() map[string]source.Words {
	return map[string]source.Words{
		"deployment.created":                {English: "Deployment started", Japanese: "デプロイ開始", Chinese: "开始部署"},
		"deployment.succeeded":              {English: "✅ Deployed", Japanese: "✅ デプロイ成功", Chinese: "✅ 部署成功"},
		"deployment.ready":                  {English: "Deployment is ready", Japanese: "デプロイの準備完了", Chinese: "部署已就绪"},
		"deployment.promoted":               {English: "✅ Deployment promoted", Japanese: "✅ デプロイを本番に昇格", Chinese: "✅ 部署已提升为生产版本"},
		"deployment.rollback":               {English: "⏪ Rolled back", Japanese: "⏪ ロールバック", Chinese: "⏪ 已回滚"},
		"deployment.error":                  {English: "❌ Deployment failed", Japanese: "❌ デプロイ失敗", Chinese: "❌ 部署失败"},
		"deployment.canceled":               {English: "Deployment canceled", Japanese: "デプロイをキャンセル", Chinese: "部署已取消"},
		"deployment.blocked":                {English: "Deployment blocked", Japanese: "デプロイがブロックされました", Chinese: "部署被阻止"},
		"deployment.checks.failed":          {English: "❌ Deployment checks failed", Japanese: "❌ デプロイのチェック失敗", Chinese: "❌ 部署检查未通过"},
		"deployment.checks.succeeded":       {English: "Deployment checks passed", Japanese: "デプロイのチェック成功", Chinese: "部署检查通过"},
		"project.created":                   {English: "Project created", Japanese: "プロジェクトを作成", Chinese: "项目已创建"},
		"project.removed":                   {English: "Project removed", Japanese: "プロジェクトを削除", Chinese: "项目已删除"},
		"project.renamed":                   {English: "Project renamed", Japanese: "プロジェクト名を変更", Chinese: "项目已重命名"},
		"project.env-variable.created":      {English: "Environment variable added", Japanese: "環境変数を追加", Chinese: "新增环境变量"},
		"project.env-variable.updated":      {English: "Environment variable changed", Japanese: "環境変数を変更", Chinese: "环境变量已修改"},
		"project.env-variable.deleted":      {English: "Environment variable deleted", Japanese: "環境変数を削除", Chinese: "环境变量已删除"},
		"project.domain.created":            {English: "Domain added", Japanese: "ドメインを追加", Chinese: "新增域名"},
		"project.domain.updated":            {English: "Domain changed", Japanese: "ドメインを変更", Chinese: "域名已修改"},
		"project.domain.deleted":            {English: "Domain removed", Japanese: "ドメインを削除", Chinese: "域名已移除"},
		"project.domain.verified":           {English: "Domain verified", Japanese: "ドメインの検証完了", Chinese: "域名已验证"},
		"project.domain.unverified":         {English: "Domain no longer verified", Japanese: "ドメインの検証が無効に", Chinese: "域名验证失效"},
		"project.rolling-release.started":   {English: "Rolling release started", Japanese: "段階的リリース開始", Chinese: "灰度发布开始"},
		"project.rolling-release.approved":  {English: "Rolling release approved", Japanese: "段階的リリース承認", Chinese: "灰度发布已批准"},
		"project.rolling-release.completed": {English: "Rolling release completed", Japanese: "段階的リリース完了", Chinese: "灰度发布完成"},
		"project.rolling-release.aborted":   {English: "Rolling release aborted", Japanese: "段階的リリース中止", Chinese: "灰度发布已中止"},
		"domain.renewal":                    {English: "Domain renewed", Japanese: "ドメインを更新", Chinese: "域名已续费"},
		"domain.renewal.failed":             {English: "❌ Domain renewal failed", Japanese: "❌ ドメインの更新失敗", Chinese: "❌ 域名续费失败"},
		"domain.certificate.renew.failed":   {English: "❌ Certificate renewal failed", Japanese: "❌ 証明書の更新失敗", Chinese: "❌ 证书续期失败"},
		"domain.certificate.add.failed":     {English: "❌ Certificate could not be issued", Japanese: "❌ 証明書の発行失敗", Chinese: "❌ 证书签发失败"},
		"firewall.attack":                   {English: "🔴 Attack detected", Japanese: "🔴 攻撃を検知", Chinese: "🔴 检测到攻击"},
		"alerts.triggered":                  {English: "🔴 Alert", Japanese: "🔴 アラート", Chinese: "🔴 告警"},
		"budget.reached":                    {English: "Budget reached", Japanese: "予算の上限に到達", Chinese: "已达预算上限"},
	}
}

// labels are the names of fields and links in every locale.
func labels() map[string]source.Words {
	return map[string]source.Words{
		"Environment": {English: "Environment", Japanese: "環境", Chinese: "环境"},
		"Branch":      {English: "Branch", Japanese: "ブランチ", Chinese: "分支"},
		"Commit":      {English: "Commit", Japanese: "コミット", Chinese: "提交"},
		"Author":      {English: "Author", Japanese: "作成者", Chinese: "作者"},
		"Site":        {English: "Site", Japanese: "サイト", Chinese: "站点"},
	}
}
