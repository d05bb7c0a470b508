// Stands where the suite starts `prometheus-alertmanager`: takes the port at once, asks the nursery beside it for a
// Tocsin, hands over the port, standard output and error, relays signals, and ends as the server does.
//
// It is Go because it has to listen within 50 ms of its start: whoever asks earlier comes again half a second later.
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "shim:", err)
		code = 1
	}
	os.Exit(code)
}

func run(flags []string) (int, error) {
	address, err := addressIn(flags)
	if err != nil {
		return 1, err
	}
	listening, err := net.Listen("tcp", address)
	if err != nil {
		return 1, err
	}
	port, err := listening.(*net.TCPListener).File()
	if err != nil {
		return 1, err
	}
	nursery, err := net.Dial("unix", filepath.Join(filepath.Dir(os.Args[0]), "nursery.sock"))
	if err != nil {
		return 1, err
	}
	wish, err := json.Marshal(map[string]interface{}{"flags": flags})
	if err != nil {
		return 1, err
	}
	length := make([]byte, 4)
	binary.BigEndian.PutUint32(length, uint32(len(wish)))
	rights := syscall.UnixRights(1, 2, int(port.Fd()))
	if _, _, err := nursery.(*net.UnixConn).WriteMsgUnix(append(length, wish...), rights, nil); err != nil {
		return 1, err
	}
	return follow(bufio.NewReader(nursery))
}

// follow relays signals to the server, whose number comes first, until its exit code comes.
func follow(answers *bufio.Reader) (int, error) {
	server, err := number(answers)
	if err != nil {
		return 1, err
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	go func() {
		for each := range signals {
			_ = syscall.Kill(server, each.(syscall.Signal))
		}
	}()
	return number(answers)
}

func number(answers *bufio.Reader) (int, error) {
	line, err := answers.ReadString('\n')
	if err != nil {
		return 1, err
	}
	return strconv.Atoi(strings.TrimSpace(line))
}

func addressIn(flags []string) (string, error) {
	for at, each := range flags {
		if each == "--web.listen-address" && at+1 < len(flags) {
			return flags[at+1], nil
		}
		if strings.HasPrefix(each, "--web.listen-address=") {
			return strings.TrimPrefix(each, "--web.listen-address="), nil
		}
	}
	return "", fmt.Errorf("no --web.listen-address")
}
