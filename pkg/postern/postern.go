// Package postern makes programs of plugins: Main has every command, Receiver
// and Worker are the two halves. A third party's program is one line:
//
//	func main() { postern.Main(acme.Plugin()) }
//
// It holds no logic of its own.
package postern

import (
	"context"
	"os"

	"postern/internal/cli"
	"postern/pkg/plugin"
)

// Main is the program with every command (run, receiver, worker, check, ...).
// It ends the process with the contract's exit codes: 0 clean stop, 1 failure
// at run time, 2 bad usage or bad config.
func Main(plugins ...plugin.Plugin) { run("postern", plugins) }

// Receiver is the HTTP side alone. It ends the process like Main.
func Receiver(plugins ...plugin.Plugin) { run("receiver", plugins) }

// Worker is the worker pool alone. It ends the process like Main.
func Worker(plugins ...plugin.Plugin) { run("worker", plugins) }

func run(name string, plugins []plugin.Plugin) {
	p := &cli.Program{
		Name: name, Args: os.Args[1:], Env: os.LookupEnv,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Plugins: plugins,
	}
	os.Exit(p.Main(context.Background()))
}
