package heroku

import (
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// headline is "[app] ✅ Released (who): v3 Deploy 1a5f89d", or "[app] Add-on
// added by who: name": what a machine came to is nobody's deed.
func headline(e webhook.Event, l source.Locale) string {
	d, _ := e.Detail.(detail)
	what := source.By(l, deeds()[e.Type+" "+e.Action].In(l), e.Actor.Name)
	if w, known := deeds()[e.Type+" "+d.state]; known {
		what = source.Where(w.In(l), e.Actor.Name)
	} else if _, known := deeds()[e.Type+" "+e.Action]; !known {
		return source.Headline(e, l)
	}
	return source.Title(e.Container.Name, what, strings.TrimSpace(e.Subject.Number+" "+e.Subject.Title))
}

// deeds are the wordings of what happened, by resource and state or action.
func deeds() map[string]source.Words {
	return map[string]source.Words{
		"build pending":            {English: "Build started", Japanese: "ビルド開始", Chinese: "开始构建"},
		"build succeeded":          {English: "Build succeeded", Japanese: "ビルド成功", Chinese: "构建成功"},
		"build failed":             {English: "❌ Build failed", Japanese: "❌ ビルド失敗", Chinese: "❌ 构建失败"},
		"release pending":          {English: "Release started", Japanese: "リリース開始", Chinese: "开始发布"},
		"release succeeded":        {English: "✅ Released", Japanese: "✅ リリース成功", Chinese: "✅ 发布成功"},
		"release failed":           {English: "❌ Release failed", Japanese: "❌ リリース失敗", Chinese: "❌ 发布失败"},
		"dyno crashed":             {English: "🔴 Dyno crashed", Japanese: "🔴 dyno がクラッシュ", Chinese: "🔴 dyno 崩溃"},
		"dyno up":                  {English: "Dyno is up", Japanese: "dyno 起動", Chinese: "dyno 已启动"},
		"dyno starting":            {English: "Dyno is starting", Japanese: "dyno 起動中", Chinese: "dyno 正在启动"},
		"dyno down":                {English: "Dyno is down", Japanese: "dyno 停止", Chinese: "dyno 已停止"},
		"dyno destroy":             {English: "Dyno removed", Japanese: "dyno を削除", Chinese: "dyno 已移除"},
		"formation update":         {English: "Formation changed", Japanese: "dyno 構成を変更", Chinese: "dyno 配置已调整"},
		"formation destroy":        {English: "Formation removed", Japanese: "dyno 構成を削除", Chinese: "dyno 配置已移除"},
		"addon create":             {English: "Add-on added", Japanese: "アドオンを追加", Chinese: "新增附加组件"},
		"addon update":             {English: "Add-on changed", Japanese: "アドオンを変更", Chinese: "附加组件已变更"},
		"addon destroy":            {English: "Add-on removed", Japanese: "アドオンを削除", Chinese: "附加组件已移除"},
		"addon-attachment create":  {English: "Add-on attached", Japanese: "アドオンを接続", Chinese: "附加组件已挂载"},
		"addon-attachment destroy": {English: "Add-on detached", Japanese: "アドオンの接続を解除", Chinese: "附加组件已卸载"},
		"collaborator create":      {English: "Collaborator added", Japanese: "コラボレーターを追加", Chinese: "新增协作者"},
		"collaborator update":      {English: "Collaborator changed", Japanese: "コラボレーターを変更", Chinese: "协作者已变更"},
		"collaborator destroy":     {English: "Collaborator removed", Japanese: "コラボレーターを削除", Chinese: "协作者已移除"},
		"domain create":            {English: "Domain added", Japanese: "ドメインを追加", Chinese: "新增域名"},
		"domain update":            {English: "Domain changed", Japanese: "ドメインを変更", Chinese: "域名已变更"},
		"domain destroy":           {English: "Domain removed", Japanese: "ドメインを削除", Chinese: "域名已移除"},
		"sni-endpoint create":      {English: "Certificate added", Japanese: "証明書を追加", Chinese: "新增证书"},
		"sni-endpoint update":      {English: "Certificate changed", Japanese: "証明書を変更", Chinese: "证书已变更"},
		"sni-endpoint destroy":     {English: "Certificate removed", Japanese: "証明書を削除", Chinese: "证书已移除"},
		"app create":               {English: "App created", Japanese: "アプリを作成", Chinese: "应用已创建"},
		"app update":               {English: "App changed", Japanese: "アプリを変更", Chinese: "应用已变更"},
		"app destroy":              {English: "App destroyed", Japanese: "アプリを破棄", Chinese: "应用已销毁"},
	}
}

// labels are the names of fields in every locale.
func labels() map[string]source.Words {
	return map[string]source.Words{
		"Status":   {English: "Status", Japanese: "ステータス", Chinese: "状态"},
		"Name":     {English: "Name", Japanese: "名前", Chinese: "名称"},
		"Commit":   {English: "Commit", Japanese: "コミット", Chinese: "提交"},
		"Plan":     {English: "Plan", Japanese: "プラン", Chinese: "套餐"},
		"Service":  {English: "Service", Japanese: "サービス", Chinese: "服务"},
		"Quantity": {English: "Quantity", Japanese: "数", Chinese: "数量"},
		"Size":     {English: "Size", Japanese: "サイズ", Chinese: "规格"},
		"Role":     {English: "Role", Japanese: "役割", Chinese: "角色"},
		"Stack":    {English: "Stack", Japanese: "スタック", Chinese: "技术栈"},
	}
}
