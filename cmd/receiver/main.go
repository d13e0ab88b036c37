// Command receiver is the HTTP side: it takes webhooks in and tells what became
// of them. It sends nothing to any chat.
package main

import "postern/pkg/postern"

func main() { postern.Receiver() }
