package embedded_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"

	"postern/internal/embedded"
	"postern/internal/redistest"
)

func TestServerIsApartFromTheTerminal(t *testing.T) {
	t.Parallel()
	redistest.Need(t)
	child := pid(t, open(t, start(t, embedded.Spec{Dir: t.TempDir()})))
	if group, err := syscall.Getpgid(child); group != child || err != nil {
		t.Errorf("process group = %d, %v; want its own, %d", group, err, child)
	}
	environment, err := os.ReadFile("/proc/" + strconv.Itoa(child) + "/environ")
	if err != nil || len(environment) > 0 {
		t.Errorf("environment = %q, %v; want none", environment, err)
	}
}

// The test binary runs itself as the program that is killed.
func TestServerDiesWithAKilledParent(t *testing.T) {
	t.Parallel()
	redistest.Need(t)
	if dir := os.Getenv("EMBEDDED_TEST_DIR"); dir != "" {
		beTheParent(t, dir)
		return
	}
	dir := t.TempDir()
	parent := exec.Command(os.Args[0], "-test.run=^TestServerDiesWithAKilledParent$")
	parent.Env = append(os.Environ(), "EMBEDDED_TEST_DIR="+dir)
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatalf("pipe: %v", err)
	}
	if err := parent.Start(); err != nil {
		t.Fatalf("starting the parent: %v", err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if line != "stored\n" {
		t.Errorf("the parent said %q, %v; want that it stored", line, err)
	}
	_ = parent.Process.Kill()
	_ = parent.Wait()
	if got, err := open(t, start(t, embedded.Spec{Dir: dir})).Get(t.Context(), "k").Result(); got != "v" || err != nil {
		t.Errorf("get in the next program = %q, %v; want v, nil", got, err)
	}
}

// beTheParent stores something and waits to be killed.
func beTheParent(t *testing.T, dir string) {
	t.Helper()
	if err := open(t, start(t, embedded.Spec{Dir: dir})).Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatalf("set: %v", err)
	}
	fmt.Println("stored")
	<-t.Context().Done()
}
