package shopify

import (
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// headline is "[shop] New order: #1001, 59.95 USD".
func headline(e webhook.Event, l source.Locale) string {
	w, known := deeds()[e.Type]
	if !known {
		return source.Headline(e, l)
	}
	d, _ := e.Detail.(detail)
	thing := e.Subject.Title
	if e.Subject.Number != "" {
		thing = strings.TrimSpace("#" + e.Subject.Number + " " + thing)
	}
	if d.amount != "" {
		thing = strings.TrimPrefix(thing+", "+d.amount, ", ")
	}
	return source.Title(e.Container.Name, w.In(l), thing)
}

// deeds are the wordings of what happened.
func deeds() map[string]source.Words {
	return map[string]source.Words{
		"orders/create":              {English: "🛒 New order", Japanese: "🛒 新しい注文", Chinese: "🛒 新订单"},
		"orders/paid":                {English: "Order paid", Japanese: "注文の支払い完了", Chinese: "订单已付款"},
		"orders/updated":             {English: "Order changed", Japanese: "注文を更新", Chinese: "订单已更新"},
		"orders/edited":              {English: "Order edited", Japanese: "注文内容を編集", Chinese: "订单内容已编辑"},
		"orders/cancelled":           {English: "Order canceled", Japanese: "注文をキャンセル", Chinese: "订单已取消"},
		"orders/fulfilled":           {English: "Order fulfilled", Japanese: "注文の発送完了", Chinese: "订单已发货"},
		"orders/partially_fulfilled": {English: "Order partly fulfilled", Japanese: "注文を一部発送", Chinese: "订单已部分发货"},
		"orders/delete":              {English: "Order deleted", Japanese: "注文を削除", Chinese: "订单已删除"},
		"order_transactions/create":  {English: "Payment transaction", Japanese: "決済取引", Chinese: "新的支付交易"},
		"draft_orders/create":        {English: "New draft order", Japanese: "新しい下書き注文", Chinese: "新草稿订单"},
		"draft_orders/update":        {English: "Draft order changed", Japanese: "下書き注文を更新", Chinese: "草稿订单已更新"},
		"draft_orders/delete":        {English: "Draft order deleted", Japanese: "下書き注文を削除", Chinese: "草稿订单已删除"},
		"checkouts/create":           {English: "Checkout started", Japanese: "チェックアウト開始", Chinese: "开始结账"},
		"checkouts/update":           {English: "Checkout changed", Japanese: "チェックアウトを更新", Chinese: "结账已更新"},
		"checkouts/delete":           {English: "Checkout deleted", Japanese: "チェックアウトを削除", Chinese: "结账已删除"},
		"refunds/create":             {English: "Refunded", Japanese: "返金", Chinese: "已退款"},
		"fulfillments/create":        {English: "Shipped", Japanese: "発送", Chinese: "已发货"},
		"fulfillments/update":        {English: "Shipment changed", Japanese: "配送状況を更新", Chinese: "物流已更新"},
		"disputes/create":            {English: "🔴 Dispute opened", Japanese: "🔴 チャージバックの申し立て", Chinese: "🔴 发起争议"},
		"disputes/update":            {English: "Dispute changed", Japanese: "チャージバックの状況を更新", Chinese: "争议已更新"},
		"products/create":            {English: "New product", Japanese: "新しい商品", Chinese: "新商品"},
		"products/update":            {English: "Product changed", Japanese: "商品を更新", Chinese: "商品已更新"},
		"products/delete":            {English: "Product deleted", Japanese: "商品を削除", Chinese: "商品已删除"},
		"collections/create":         {English: "New collection", Japanese: "新しいコレクション", Chinese: "新产品系列"},
		"collections/update":         {English: "Collection changed", Japanese: "コレクションを更新", Chinese: "产品系列已更新"},
		"collections/delete":         {English: "Collection deleted", Japanese: "コレクションを削除", Chinese: "产品系列已删除"},
		"inventory_levels/update":    {English: "Stock changed", Japanese: "在庫数を更新", Chinese: "库存已变更"},
		"customers/create":           {English: "New customer", Japanese: "新しい顧客", Chinese: "新客户"},
		"customers/update":           {English: "Customer changed", Japanese: "顧客情報を更新", Chinese: "客户信息已更新"},
		"customers/delete":           {English: "Customer deleted", Japanese: "顧客を削除", Chinese: "客户已删除"},
		"customers/data_request":     {English: "⚠️ A customer asks for their data", Japanese: "⚠️ 顧客から個人データの開示請求", Chinese: "⚠️ 客户请求导出个人数据"},
		"customers/redact":           {English: "⚠️ A customer's data must be erased", Japanese: "⚠️ 顧客データの消去が必要", Chinese: "⚠️ 须删除客户数据"},
		"shop/redact":                {English: "⚠️ The shop's data must be erased", Japanese: "⚠️ ストアデータの消去が必要", Chinese: "⚠️ 须删除店铺数据"},
		"shop/update":                {English: "Shop settings changed", Japanese: "ストア設定を変更", Chinese: "店铺设置已更新"},
		"app/uninstalled":            {English: "App uninstalled", Japanese: "アプリをアンインストール", Chinese: "应用已卸载"},
		"themes/publish":             {English: "Theme published", Japanese: "テーマを公開", Chinese: "主题已发布"},
	}
}

// labels are the names of fields in every locale.
func labels() map[string]source.Words {
	return map[string]source.Words{
		"Amount":    {English: "Amount", Japanese: "金額", Chinese: "金额"},
		"Items":     {English: "Items", Japanese: "商品", Chinese: "商品"},
		"Customer":  {English: "Customer", Japanese: "顧客", Chinese: "客户"},
		"E-mail":    {English: "E-mail", Japanese: "メール", Chinese: "邮箱"},
		"Payment":   {English: "Payment", Japanese: "支払い", Chinese: "付款"},
		"Shipping":  {English: "Shipping", Japanese: "配送", Chinese: "物流"},
		"Carrier":   {English: "Carrier", Japanese: "配送業者", Chinese: "承运商"},
		"Status":    {English: "Status", Japanese: "ステータス", Chinese: "状态"},
		"Reason":    {English: "Reason", Japanese: "理由", Chinese: "原因"},
		"Answer by": {English: "Answer by", Japanese: "回答期限", Chinese: "回复期限"},
		"Vendor":    {English: "Vendor", Japanese: "販売元", Chinese: "厂商"},
		"Available": {English: "Available", Japanese: "在庫数", Chinese: "可售库存"},
		"Location":  {English: "Location", Japanese: "ロケーション", Chinese: "地点"},
	}
}
