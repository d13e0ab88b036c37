package notion

import (
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// headline is "[workspace] Page created: id".
func headline(e webhook.Event, l source.Locale) string {
	w, known := deeds()[e.Type]
	if !known {
		return source.Headline(e, l)
	}
	return source.Title(e.Container.Name, w.In(l), e.Subject.Title)
}

// deeds are the wordings of what happened.
func deeds() map[string]source.Words {
	return map[string]source.Words{
		"page.created":                {English: "Page created", Japanese: "ページを作成", Chinese: "页面已创建"},
		"page.content_updated":        {English: "Page edited", Japanese: "ページを編集", Chinese: "页面已编辑"},
		"page.properties_updated":     {English: "Page properties changed", Japanese: "ページのプロパティを変更", Chinese: "页面属性已变更"},
		"page.moved":                  {English: "Page moved", Japanese: "ページを移動", Chinese: "页面已移动"},
		"page.deleted":                {English: "Page deleted", Japanese: "ページを削除", Chinese: "页面已删除"},
		"page.undeleted":              {English: "Page restored", Japanese: "ページを復元", Chinese: "页面已恢复"},
		"page.locked":                 {English: "Page locked", Japanese: "ページをロック", Chinese: "页面已锁定"},
		"page.unlocked":               {English: "Page unlocked", Japanese: "ページのロックを解除", Chinese: "页面已解锁"},
		"database.created":            {English: "Database created", Japanese: "データベースを作成", Chinese: "数据库已创建"},
		"database.content_updated":    {English: "Database edited", Japanese: "データベースを編集", Chinese: "数据库已编辑"},
		"database.schema_updated":     {English: "Database schema changed", Japanese: "データベースの構成を変更", Chinese: "数据库结构已变更"},
		"database.moved":              {English: "Database moved", Japanese: "データベースを移動", Chinese: "数据库已移动"},
		"database.deleted":            {English: "Database deleted", Japanese: "データベースを削除", Chinese: "数据库已删除"},
		"database.undeleted":          {English: "Database restored", Japanese: "データベースを復元", Chinese: "数据库已恢复"},
		"data_source.created":         {English: "Data source created", Japanese: "データソースを作成", Chinese: "数据源已创建"},
		"data_source.content_updated": {English: "Data source edited", Japanese: "データソースを編集", Chinese: "数据源已编辑"},
		"data_source.schema_updated":  {English: "Data source schema changed", Japanese: "データソースの構成を変更", Chinese: "数据源结构已变更"},
		"data_source.deleted":         {English: "Data source deleted", Japanese: "データソースを削除", Chinese: "数据源已删除"},
		"comment.created":             {English: "New comment", Japanese: "新しいコメント", Chinese: "新评论"},
		"comment.updated":             {English: "Comment edited", Japanese: "コメントを編集", Chinese: "评论已编辑"},
		"comment.deleted":             {English: "Comment deleted", Japanese: "コメントを削除", Chinese: "评论已删除"},
	}
}

// labels are the names of fields in every locale.
func labels() map[string]source.Words {
	return map[string]source.Words{
		"Kind":       {English: "Kind", Japanese: "種類", Chinese: "类型"},
		"Changed by": {English: "Changed by", Japanese: "変更者", Chinese: "变更者"},
	}
}
