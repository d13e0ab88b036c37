package embedded

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"time"
)

// askTimeout bounds one question to a store on this machine.
const askTimeout = 2 * time.Second

// ask sends one command and gives the first line of the answer.
func ask(conn net.Conn, in *bufio.Reader, args ...string) (string, error) {
	if err := conn.SetDeadline(time.Now().Add(askTimeout)); err != nil {
		return "", fmt.Errorf("setting a deadline: %w", err)
	}
	var question strings.Builder
	fmt.Fprintf(&question, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&question, "$%d\r\n%s\r\n", len(arg), arg)
	}
	if _, err := conn.Write([]byte(question.String())); err != nil {
		return "", fmt.Errorf("asking: %w", err)
	}
	line, err := in.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("reading the answer: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}
