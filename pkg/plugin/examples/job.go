package examples

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"time"

	"postern/pkg/chat"
	"postern/pkg/plugin"
	"postern/pkg/retry"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

const (
	defaultSeconds = 10
	maxSeconds     = 3600
	defaultTask    = "unknown_task"
)

// startJob answers at once and works for as long as the caller asks, on a
// worker; then it tells the chat that the caller names.
func startJob(caller verify.Verifier) plugin.Endpoint {
	return plugin.Endpoint{
		Endpoint:    "/start_job",
		Name:        "Long job",
		Description: "Starts a job that takes a while and tells the chat when it is done.",
		Verify:      caller,
		Types:       plugin.Types{Body: plugin.TypeOf[jobOrder](), Answer: plugin.TypeOf[jobAnswer]()},
		Accept: func(r *webhook.Request) (plugin.Acceptance, error) {
			order, err := readOrder(r)
			if err != nil {
				return plugin.Acceptance{}, err
			}
			return plugin.Acceptance{
				TaskID:  &order.TaskID,
				Message: "The job was received and is worked on in the background.",
				Chats:   []string{order.Chat},
			}, nil
		},
		Handle: work,
	}
}

// jobOrder is the body of /start_job.
type jobOrder struct {
	TaskID  string   `json:"task_id,omitempty"`
	Chat    string   `json:"notify_chat_key"`
	Seconds *float64 `json:"seconds,omitempty"` // 0 to 3600; 10 if not written
}

// jobAnswer is what the 202 of /start_job holds beside the standard members.
type jobAnswer struct {
	TaskID string `json:"task_id"`
}

// jobResult is what a finished job says.
type jobResult struct {
	TaskID  string  `json:"task_id"`
	Seconds float64 `json:"seconds"`
}

// readOrder fills the defaults in, so Seconds is never nil.
func readOrder(r *webhook.Request) (jobOrder, error) {
	order, err := plugin.Body[jobOrder](r)
	if err != nil {
		return jobOrder{}, err
	}
	order.TaskID = cmp.Or(order.TaskID, defaultTask)
	if order.Seconds == nil {
		seconds := float64(defaultSeconds)
		order.Seconds = &seconds
	}
	switch {
	case order.Chat == "":
		return jobOrder{}, plugin.Invalid("notify_chat_key is missing")
	case *order.Seconds < 0 || *order.Seconds > maxSeconds:
		return jobOrder{}, plugin.Invalid("seconds must be from 0 to %d", maxSeconds)
	}
	return order, nil
}

func work(ctx context.Context, job plugin.Job) (any, error) {
	order, err := readOrder(job.Request())
	if err != nil {
		return nil, retry.Never(err)
	}
	if err := spend(ctx, job, time.Duration(*order.Seconds*float64(time.Second))); err != nil {
		return nil, fmt.Errorf("work on task %s: %w", order.TaskID, err)
	}
	if err := job.Send(ctx, order.Chat, "finished", finished(order, job.Locale())); err != nil {
		return nil, fmt.Errorf("tell of task %s: %w", order.TaskID, err)
	}
	return jobResult{TaskID: order.TaskID, Seconds: *order.Seconds}, nil
}

// spend lets the time pass, in the place of real work, and tells how far it
// is. A worker that must stop ends ctx; the job then begins anew elsewhere.
func spend(ctx context.Context, job plugin.Job, total time.Duration) error {
	step := max(total/10, time.Second)
	for done := time.Duration(0); done < total; done += step {
		word := fmt.Sprintf("%s of %s", done, total)
		// Work goes on where its progress cannot be told.
		_ = job.Progress(ctx, int(100*done/total), word)
		if err := pause(ctx, min(step, total-done)); err != nil {
			return err
		}
	}
	_ = job.Progress(ctx, 100, "done")
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func finished(order jobOrder, l source.Locale) chat.Message {
	text := source.Words{
		English:  "Task {task} finished. Result: worked for {seconds} s.",
		Japanese: "タスク {task} の処理が完了しました。結果: {seconds} 秒間処理しました。",
		Chinese:  "任务 {task} 已完成。结果：处理了 {seconds} 秒。",
	}
	return chat.Message{Body: chat.Plain(source.Fill(text.In(l),
		"task", order.TaskID, "seconds", strconv.FormatFloat(*order.Seconds, 'f', -1, 64)))}
}
