package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"postern/pkg/client"
	"postern/pkg/secret"
)

// fake is a server with one job that failed.
func fake() *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/jobs", says(200, `{"jobs":[{"id":"01990f2e","state":"succeeded","delivery":"failed","event":{"title":"octocat pushed to main"}}],"next_cursor":""}`))
	mux.HandleFunc("POST /api/jobs/01990f2e/retry", says(202, `{"job_id":"01990f2e"}`))
	mux.HandleFunc("POST /api/jobs/01990f2f/retry", says(409, `{"code":"not_retryable","detail":"Only a job that failed or was canceled can be run again."}`))
	mux.HandleFunc("GET /api/jobs/01990f2e/events", says(200, jobEvent(1, "running")+jobEvent(2, "succeeded")+ended))
	return httptest.NewServer(mux)
}

// Retry what was not delivered, and wait until it is.
func Example() {
	server := fake()
	defer server.Close()
	ctx := context.Background()
	c, err := client.New(client.Options{BaseURL: server.URL, Token: secret.New("a token of api.tokens")})
	if err != nil {
		fmt.Println(err)
		return
	}
	for j, err := range c.Jobs(ctx, client.Query{Deliveries: []client.Delivery{client.Failed, client.Partial}}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(j.Event.Title, "was not delivered")
		if _, err := c.Retry(ctx, j.ID); err != nil {
			fmt.Println(err)
			continue
		}
		done, err := c.WaitUntilDone(ctx, j.ID)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println("now it is", done.State)
	}
	// Output:
	// octocat pushed to main was not delivered
	// now it is succeeded
}

// What is refused says why, for programs and for people.
func ExampleError() {
	server := fake()
	defer server.Close()
	c, err := client.New(client.Options{BaseURL: server.URL, Token: secret.New("a token of api.tokens")})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = c.Retry(context.Background(), "01990f2f")
	var refusal *client.Error
	if errors.As(err, &refusal) && refusal.Code == client.NotRetryable {
		fmt.Println(refusal.Detail)
	}
	// Output: Only a job that failed or was canceled can be run again.
}
