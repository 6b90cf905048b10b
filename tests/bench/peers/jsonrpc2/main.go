// sourcegraph/jsonrpc2's driver and its plugin, one program: the plugin is what is started with the word "plugin". They
// speak the framing of language servers over two pipes.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/ioutil"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/sourcegraph/jsonrpc2"
)

type Text struct {
	Who string `json:"who"`
}
type Event struct {
	Content string `json:"content"`
	FromUid string `json:"from_uid"`
	ToUid   string `json:"to_uid"`
}

var event = Event{"good morning, everybody: who is coming along to the lake when the rain has stopped, at last? ok",
	"u-4711", "r-1234567"}

type pipes struct {
	io.ReadCloser
	to io.WriteCloser
}

func (p pipes) Write(bytes []byte) (int, error) { return p.to.Write(bytes) }
func (p pipes) Close() error                    { p.to.Close(); return p.ReadCloser.Close() }

func connect(from io.ReadCloser, to io.WriteCloser, h jsonrpc2.Handler) *jsonrpc2.Conn {
	stream := jsonrpc2.NewBufferedStream(pipes{from, to}, jsonrpc2.VSCodeObjectCodec{})
	return jsonrpc2.NewConn(context.Background(), stream, h)
}

// ---- The plugin -----------------------------------------------------------------------------------------------------

var seen int

// handle is called for one message after another.
func handle(_ context.Context, _ *jsonrpc2.Conn, request *jsonrpc2.Request) (interface{}, error) {
	switch request.Method {
	case "greet":
		var asked Text
		if err := json.Unmarshal(*request.Params, &asked); err != nil {
			return nil, err
		}
		return "hello " + asked.Who, nil
	case "decide", "tell":
		var e Event
		if err := json.Unmarshal(*request.Params, &e); err != nil {
			return nil, err
		}
		seen++
		return e.Content == "", nil
	case "seen":
		return seen, nil
	}
	return nil, &jsonrpc2.Error{Code: jsonrpc2.CodeMethodNotFound}
}

// ---- The driver -----------------------------------------------------------------------------------------------------

type peer struct {
	*jsonrpc2.Conn
	process *exec.Cmd
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "jsonrpc2:", err)
		os.Exit(70)
	}
}

func start(program string) peer {
	command := exec.Command(program, "plugin")
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	to, err := command.StdinPipe()
	must(err)
	from, err := command.StdoutPipe()
	must(err)
	must(command.Start())
	return peer{connect(from, to, jsonrpc2.HandlerWithError(handle)), command}
}

func (p peer) end() {
	p.Close()
	p.process.Wait()
}

func check(answer, who string) {
	if !strings.HasPrefix(answer, "hello ") || answer[6:] != who {
		must(fmt.Errorf("another answer came"))
	}
}

func (p peer) greet(who string) {
	var answer string
	must(p.Call(context.Background(), "greet", Text{who}, &answer))
	check(answer, who)
}

func (p peer) inFlight(count int, who string) {
	waiting := make([]jsonrpc2.Waiter, 0, 64)
	for sent, answered := 0, 0; answered < count; answered++ {
		for ; sent < count && sent-answered < 64; sent++ {
			waiter, err := p.DispatchCall(context.Background(), "greet", Text{who})
			must(err)
			waiting = append(waiting, waiter)
		}
		var answer string
		must(waiting[0].Wait(context.Background(), &answer))
		check(answer, who)
		waiting = append(waiting[:0], waiting[1:]...)
	}
}

func (p peer) seen() (count int) {
	must(p.Call(context.Background(), "seen", nil, &count))
	return
}

func tell(all []peer, count int) {
	before := all[0].seen()
	for number := 0; number < count; number++ {
		for _, p := range all {
			must(p.Notify(context.Background(), "tell", event))
		}
	}
	for _, p := range all {
		if p.seen() != before+count {
			must(fmt.Errorf("events were lost"))
		}
	}
}

func gather(all []peer) {
	calls := make([]jsonrpc2.Waiter, len(all))
	for i, p := range all {
		var err error
		calls[i], err = p.DispatchCall(context.Background(), "decide", event)
		must(err)
	}
	for _, call := range calls {
		var stop bool
		must(call.Wait(context.Background(), &stop))
	}
}

func report(took time.Duration, count int) {
	fmt.Printf("ns %.1f\n", float64(took.Nanoseconds())/float64(count))
}

func timed(count int, run func(int)) {
	run(count/10 + 1)
	begin := time.Now()
	run(count)
	report(time.Since(begin), count)
}

func repeat(once func()) func(int) {
	return func(count int) {
		for i := 0; i < count; i++ {
			once()
		}
	}
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "plugin" {
		<-connect(os.Stdin, os.Stdout, jsonrpc2.HandlerWithError(handle)).DisconnectNotify()
		return
	}
	if len(os.Args) != 4 {
		must(fmt.Errorf("how to call a driver stands in tests/bench/peers/README.md"))
	}
	program, shape, size := os.Args[1], os.Args[2], 0
	if colon := strings.IndexByte(shape, ':'); colon >= 0 {
		size, _ = strconv.Atoi(shape[colon+1:])
		shape = shape[:colon]
	}
	count, err := strconv.Atoi(os.Args[3])
	must(err)

	if shape == "start" {
		var took time.Duration
		for i := -1; i < count; i++ {
			begin := time.Now()
			one := start(program)
			one.greet("w")
			if i >= 0 {
				took += time.Since(begin)
			}
			one.end()
		}
		report(took, count)
		return
	}
	many := 1
	if shape == "gather" || shape == "publish" || shape == "idle" {
		many = size
	}
	all := make([]peer, many)
	for i := range all {
		all[i] = start(program)
		all[i].greet("w")
	}
	who := strings.Repeat("w", size)
	switch shape {
	case "round-trip":
		timed(count, repeat(func() { all[0].greet(who) }))
	case "in-flight":
		timed(count, func(count int) { all[0].inFlight(count, who) })
	case "events", "publish":
		timed(count, func(count int) { tell(all, count) })
	case "gather":
		timed(count, repeat(func() { gather(all) }))
	case "idle":
		fmt.Println("ready")
		io.Copy(ioutil.Discard, os.Stdin)
	default:
		must(fmt.Errorf("not here: %s", shape))
	}
	for _, p := range all {
		p.end()
	}
}
