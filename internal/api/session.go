package api

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"postern/internal/job"
	"postern/internal/problem"
)

// Bounds on sessions.
const (
	sessionTime = 12 * time.Hour
	mostSignIn  = 4 << 10 // bytes of a body
)

// csrfHeader proves that a change comes from a page that could read our answer,
// which no other site's can.
const csrfHeader = "X-CSRF-Token"

// A session is a cookie that says whose token it stands for and how long,
// signed with a key made of that token: every receiver of the same config
// knows it, nothing is stored, and it ends with its token. It holds no token.

// cookieName: browsers hold a __Host- cookie to this very host, and to https.
func (d *door) cookieName() string {
	if d.secure() {
		return "__Host-postern_session"
	}
	return "postern_session"
}

func (d *door) secure() bool { return d.base.Scheme == "https" }

// issue makes the cookie of a session.
func (d *door) issue(k key, now time.Time) (*http.Cookie, grant) {
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce) // never fails
	until := now.Add(sessionTime).Truncate(time.Second)
	value := strings.Join([]string{encode([]byte(k.name)), strconv.FormatInt(until.Unix(), 10), encode(nonce)}, ".")
	value += "." + encode(mac(k.signing, "session "+value))
	return d.cookie(value, int(sessionTime/time.Second)), k.session(value, until)
}

// cookie with a lifetime in seconds; -1 takes it away.
func (d *door) cookie(value string, lives int) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure wherever base_url is https; elsewhere no browser would send it
		Name: d.cookieName(), Value: value, Path: "/", MaxAge: lives,
		HttpOnly: true, Secure: d.secure(), SameSite: http.SameSiteStrictMode,
	}
}

func (k key) session(value string, until time.Time) grant {
	g := k.grant
	g.csrf, g.until = encode(mac(k.signing, "csrf "+value)), until
	return g
}

// session gives the grant of a request's cookie; false: it has none that holds.
func (d *door) session(r *http.Request, now time.Time) (grant, bool) {
	cookies := r.CookiesNamed(d.cookieName())
	if len(cookies) != 1 {
		return grant{}, false
	}
	parts := strings.Split(cookies[0].Value, ".")
	if len(parts) != 4 {
		return grant{}, false
	}
	name, err := base64.RawURLEncoding.DecodeString(parts[0])
	at := slices.IndexFunc(d.keys, func(k key) bool { return k.name == string(name) })
	if err != nil || at < 0 {
		return grant{}, false
	}
	k := d.keys[at]
	want := encode(mac(k.signing, "session "+strings.Join(parts[:3], ".")))
	seconds, err := strconv.ParseInt(parts[1], 10, 64)
	until := time.Unix(seconds, 0)
	if !hmac.Equal([]byte(want), []byte(parts[3])) || err != nil || !now.Before(until) {
		return grant{}, false
	}
	return k.session(cookies[0].Value, until), true
}

// misused denies what a browser sends with the cookie on another page's behalf.
func (d *door) misused(r *http.Request, g grant) *denial {
	if foreign(r, d.origins(r)...) {
		return foreignOrigin()
	}
	read := r.Method == http.MethodGet || r.Method == http.MethodHead
	if !read && !hmac.Equal([]byte(r.Header.Get(csrfHeader)), []byte(g.csrf)) {
		return &denial{
			status: http.StatusForbidden, code: "csrf_missing",
			detail: "A change with the cookie needs its " + csrfHeader + ", which GET /api/session tells.",
		}
	}
	return nil
}

// origins are those of our own pages. Where the world reaches us by https, no
// page that came without it is ours.
func (d *door) origins(r *http.Request) []string {
	base := (&url.URL{Scheme: d.base.Scheme, Host: d.base.Host}).String()
	if d.secure() {
		return []string{strings.TrimSuffix(base, ":443")}
	}
	return []string{"http://" + r.Host, strings.TrimSuffix(base, ":80")}
}

func foreignOrigin() *denial {
	return &denial{
		status: http.StatusForbidden, code: "origin_not_allowed",
		detail: "Another site's page sent this; where it is your own, base_url is to be its address.",
	}
}

// signIn takes a token once, and gives a cookie for it.
func (a *API) signIn(c *gin.Context) {
	if foreign(c.Request, a.door.origins(c.Request)...) {
		a.deny(c, "", foreignOrigin())
		return
	}
	if len(a.door.keys) == 0 {
		a.deny(c, "", notConfigured())
		return
	}
	token, ok := signInToken(c)
	if !ok {
		problem.Write(c.Writer, http.StatusBadRequest, "invalid_payload", `The body must be application/json: {"token": "..."}.`)
		return
	}
	k, denied := a.door.known(token, a.opt.Caller(c.Request), time.Now())
	if denied != nil {
		a.deny(c, "", denied)
		return
	}
	cookie, g := a.door.issue(k, time.Now())
	http.SetCookie(c.Writer, cookie)
	a.opt.Log.LogAttrs(c.Request.Context(), slog.LevelInfo, "signed in",
		slog.String("by", g.name), slog.String("remote_ip", a.opt.Caller(c.Request).String()))
	a.show(c, http.StatusOK, shownSession(g))
}

func signInToken(c *gin.Context) (token string, ok bool) {
	// No page of another site can send JSON here unasked.
	kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	if err != nil || kind != "application/json" {
		return "", false
	}
	body, err := io.ReadAll(io.LimitReader(c.Request.Body, mostSignIn))
	if err != nil {
		return "", false
	}
	var in struct {
		Token string `json:"token"`
	}
	err = json.Unmarshal(body, &in)
	return in.Token, err == nil && in.Token != ""
}

// session tells a page who it is, and the header that its changes need.
func (a *API) session(c *gin.Context) {
	g, _ := c.Value(callerGrant).(grant)
	a.show(c, http.StatusOK, shownSession(g))
}

// signOut takes the cookie away.
func (a *API) signOut(c *gin.Context) {
	http.SetCookie(c.Writer, a.door.cookie("", -1))
	c.Header("Cache-Control", "no-store")
	c.Status(http.StatusNoContent)
}

// session as it is shown.
type session struct {
	Name      string    `json:"name"`
	Scopes    []Scope   `json:"scopes"`
	CSRF      string    `json:"csrf"`
	ExpiresAt *job.Time `json:"expires_at"`
}

func shownSession(g grant) session {
	return session{Name: g.name, Scopes: list(g.scopes), CSRF: g.csrf, ExpiresAt: job.AtPtr(g.until)}
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(text)) // never fails
	return h.Sum(nil)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
