// Command worker is the worker pool: it turns stored events into chat
// notifications. It takes no webhook in.
package main

import "postern/pkg/postern"

func main() { postern.Worker() }
