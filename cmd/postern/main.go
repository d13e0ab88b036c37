// Command postern is receiver and worker in one program, with the operator's
// commands. It holds no code of its own: a third party's program is this one
// and its plugins.
package main

import "postern/pkg/postern"

func main() { postern.Main() }
