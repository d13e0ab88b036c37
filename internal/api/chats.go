package api

import (
	"context"
	"log/slog"

	"github.com/gin-gonic/gin"

	"postern/internal/job"
)

// Lines are the chats, as they may be spoken to. Safe for concurrent use.
type Lines interface {
	// Chats gives those of the config, and all others that there is something
	// to say of.
	Chats(ctx context.Context) ([]job.ChatState, error)
	// Pause keeps one, by alias or chat key, from being spoken to until Resume;
	// one that there is not is job.ErrNoSuch, for both.
	Pause(ctx context.Context, chat string) (job.ChatState, error)
	// Resume also mends what is broken.
	Resume(ctx context.Context, chat string) (job.ChatState, error)
}

// chats lists chats.
func (a *API) chats(c *gin.Context) { listing(a, c, "chats", a.opt.Lines.Chats) }

// pauseChat lets a chat's messages wait.
func (a *API) pauseChat(c *gin.Context) { a.changeChat(c, "chat paused", a.opt.Lines.Pause) }

// resumeChat lets them go.
func (a *API) resumeChat(c *gin.Context) { a.changeChat(c, "chat resumed", a.opt.Lines.Resume) }

func (a *API) changeChat(c *gin.Context, done string, do func(context.Context, string) (job.ChatState, error)) {
	name := segment(c.Request, 2)
	change(a, c, done, []slog.Attr{slog.String("chat", name)}, func(ctx context.Context) (job.ChatState, error) { return do(ctx, name) })
}
