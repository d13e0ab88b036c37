package stripe

import (
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// headline is "[Stripe] Payment failed: 12.00 EUR (pi_1)".
func headline(e webhook.Event, l source.Locale) string {
	w, known := deeds()[e.Type]
	if !known {
		return source.Headline(e, l)
	}
	d, _ := e.Detail.(detail)
	thing := e.Subject.Title
	if d.amount != "" {
		thing = d.amount
		if e.Subject.Title != "" {
			thing += " (" + e.Subject.Title + ")"
		}
	}
	return source.Title(e.Container.Name, w.In(l), thing)
}

// deeds are the wordings of what happened.
func deeds() map[string]source.Words {
	return map[string]source.Words{
		"payment_intent.succeeded":             {English: "Payment succeeded", Japanese: "支払い成功", Chinese: "付款成功"},
		"payment_intent.payment_failed":        {English: "Payment failed", Japanese: "支払い失敗", Chinese: "付款失败"},
		"payment_intent.canceled":              {English: "Payment canceled", Japanese: "支払い取り消し", Chinese: "付款已取消"},
		"charge.succeeded":                     {English: "Charge succeeded", Japanese: "請求成功", Chinese: "扣款成功"},
		"charge.failed":                        {English: "Charge failed", Japanese: "請求失敗", Chinese: "扣款失败"},
		"charge.refunded":                      {English: "Refunded", Japanese: "返金", Chinese: "已退款"},
		"charge.dispute.created":               {English: "Dispute opened", Japanese: "不審請求の申し立て", Chinese: "发起争议"},
		"charge.dispute.closed":                {English: "Dispute closed", Japanese: "申し立ての終了", Chinese: "争议结束"},
		"radar.early_fraud_warning.created":    {English: "Early fraud warning", Japanese: "不正利用の早期警告", Chinese: "欺诈预警"},
		"checkout.session.completed":           {English: "Checkout completed", Japanese: "チェックアウト完了", Chinese: "结账完成"},
		"checkout.session.expired":             {English: "Checkout expired", Japanese: "チェックアウト期限切れ", Chinese: "结账已过期"},
		"customer.created":                     {English: "New customer", Japanese: "新しい顧客", Chinese: "新客户"},
		"customer.deleted":                     {English: "Customer deleted", Japanese: "顧客を削除", Chinese: "客户已删除"},
		"customer.subscription.created":        {English: "New subscription", Japanese: "新しいサブスクリプション", Chinese: "新订阅"},
		"customer.subscription.updated":        {English: "Subscription changed", Japanese: "サブスクリプション変更", Chinese: "订阅变更"},
		"customer.subscription.deleted":        {English: "Subscription ended", Japanese: "サブスクリプション終了", Chinese: "订阅结束"},
		"customer.subscription.trial_will_end": {English: "Trial ends soon", Japanese: "トライアル終了間近", Chinese: "试用即将结束"},
		"invoice.paid":                         {English: "Invoice paid", Japanese: "請求書の支払い完了", Chinese: "账单已支付"},
		"invoice.payment_failed":               {English: "Invoice payment failed", Japanese: "請求書の支払い失敗", Chinese: "账单付款失败"},
		"invoice.payment_action_required":      {English: "Invoice needs an action", Japanese: "請求書に対応が必要", Chinese: "账单需要处理"},
		"invoice.finalized":                    {English: "Invoice finalized", Japanese: "請求書の確定", Chinese: "账单已确定"},
		"payout.paid":                          {English: "Payout paid", Japanese: "入金完了", Chinese: "提现到账"},
		"payout.failed":                        {English: "Payout failed", Japanese: "入金失敗", Chinese: "提现失败"},
	}
}

// labels are the names of fields and links in every locale.
func labels() map[string]source.Words {
	return map[string]source.Words{
		"Amount":      {English: "Amount", Japanese: "金額", Chinese: "金额"},
		"Customer":    {English: "Customer", Japanese: "顧客", Chinese: "客户"},
		"E-mail":      {English: "E-mail", Japanese: "メール", Chinese: "邮箱"},
		"Description": {English: "Description", Japanese: "説明", Chinese: "说明"},
		"Status":      {English: "Status", Japanese: "状態", Chinese: "状态"},
		"Reason":      {English: "Reason", Japanese: "理由", Chinese: "原因"},
		"Before":      {English: "Before", Japanese: "変更前", Chinese: "变更前"},
		"Event":       {English: "Event", Japanese: "イベント", Chinese: "事件"},
	}
}
