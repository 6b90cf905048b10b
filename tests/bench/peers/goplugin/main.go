// hashicorp/go-plugin's driver and its plugin, one program: the plugin is what starts with the cookie in its
// environment. PEER_MODE=grpc says gRPC, where it otherwise is net/rpc. GOPATH mode finds Debian's packages, and
// the package "echo" made from echo.proto.
package main

import (
	"context"
	"echo"
	"fmt"
	"io"
	"io/ioutil"
	"log"
	"net/rpc"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

var handshake = plugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "BENCH_PLUGIN", MagicCookieValue: "1"}
var plugins = map[int]plugin.PluginSet{1: {"net/rpc": &netRPC{}}, 2: {"grpc": &overGRPC{}}}

type Event struct{ Content, FromUid, ToUid string }

var event = Event{"good morning, everybody: who is coming along to the lake when the rain has stopped, at last? ok",
	"u-4711", "r-1234567"}

// ---- The plugin -----------------------------------------------------------------------------------------------------

type Peer struct{}

func (Peer) Greet(who string, answer *string) error { *answer = "hello " + who; return nil }
func (Peer) Decide(e Event, stop *bool) error       { *stop = e.Content == ""; return nil }

type netRPC struct{}

func (netRPC) Server(*plugin.MuxBroker) (interface{}, error)                  { return Peer{}, nil }
func (netRPC) Client(_ *plugin.MuxBroker, c *rpc.Client) (interface{}, error) { return c, nil }

type overGRPC struct{ plugin.NetRPCUnsupportedPlugin }

func (overGRPC) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	echo.RegisterPeerServer(s, service{})
	return nil
}
func (overGRPC) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, c *grpc.ClientConn) (interface{}, error) {
	return echo.NewPeerClient(c), nil
}

type service struct{}

func (service) Greet(_ context.Context, asked *echo.Text) (*echo.Text, error) {
	return &echo.Text{Who: "hello " + asked.Who}, nil
}
func (service) Decide(_ context.Context, e *echo.Event) (*echo.Flow, error) {
	return &echo.Flow{Stop: e.Content == ""}, nil
}
func (service) Talk(stream echo.Peer_TalkServer) error {
	for {
		asked, err := stream.Recv()
		if err != nil {
			return nil
		}
		if err := stream.Send(&echo.Text{Who: "hello " + asked.Who}); err != nil {
			return err
		}
	}
}
func (service) Tell(stream echo.Peer_TellServer) error {
	var events int32
	for {
		e, err := stream.Recv()
		if err == io.EOF {
			return stream.SendAndClose(&echo.Count{Events: events})
		}
		if err != nil {
			return err
		}
		if e.Content != "" {
			events++
		}
	}
}

// ---- The driver -----------------------------------------------------------------------------------------------------

type peer struct {
	client *plugin.Client
	rpc    *rpc.Client
	grpc   echo.PeerClient
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "goplugin:", err)
		os.Exit(70)
	}
}

func start(program string) peer {
	command := exec.Command(program)
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	client := plugin.NewClient(&plugin.ClientConfig{HandshakeConfig: handshake, VersionedPlugins: wanted(), Cmd: command,
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolNetRPC, plugin.ProtocolGRPC}, Logger: hclog.NewNullLogger(),
		Stderr: ioutil.Discard})
	protocol, err := client.Client()
	must(err)
	if os.Getenv("PEER_MODE") == "grpc" {
		it, err := protocol.Dispense("grpc")
		must(err)
		return peer{client, nil, it.(echo.PeerClient)}
	}
	it, err := protocol.Dispense("net/rpc")
	must(err)
	return peer{client, it.(*rpc.Client), nil}
}

func wanted() map[int]plugin.PluginSet {
	if os.Getenv("PEER_MODE") == "grpc" {
		return map[int]plugin.PluginSet{2: plugins[2]}
	}
	return map[int]plugin.PluginSet{1: plugins[1]}
}

func startMany(program string, count int) []peer {
	all := make([]peer, count)
	for i := range all {
		all[i] = start(program)
	}
	return all
}

func (p peer) greet(who string) {
	if p.grpc != nil {
		answer, err := p.grpc.Greet(context.Background(), &echo.Text{Who: who})
		must(err)
		check(answer.Who, who)
		return
	}
	var answer string
	must(p.rpc.Call("Plugin.Greet", who, &answer))
	check(answer, who)
}

func check(answer, who string) {
	if !strings.HasPrefix(answer, "hello ") || answer[6:] != who {
		must(fmt.Errorf("another answer came"))
	}
}

// inFlight keeps 64 calls under way: net/rpc by its own calls, gRPC by goroutines.
func (p peer) inFlight(count int, who string) {
	if p.grpc == nil {
		done := make(chan *rpc.Call, 64)
		sent := 0
		for ; sent < 64 && sent < count; sent++ {
			p.rpc.Go("Plugin.Greet", who, new(string), done)
		}
		for answered := 0; answered < count; answered++ {
			call := <-done
			must(call.Error)
			check(*call.Reply.(*string), who)
			if sent < count {
				p.rpc.Go("Plugin.Greet", who, new(string), done)
				sent++
			}
		}
		return
	}
	var all sync.WaitGroup
	for worker := 0; worker < 64; worker++ {
		mine := count / 64
		if worker < count%64 {
			mine++
		}
		all.Add(1)
		go func() {
			for i := 0; i < mine; i++ {
				p.greet(who)
			}
			all.Done()
		}()
	}
	all.Wait()
}

func tell(all []peer, count int) {
	streams := make([]echo.Peer_TellClient, len(all))
	for i, p := range all {
		var err error
		streams[i], err = p.grpc.Tell(context.Background())
		must(err)
	}
	for number := 0; number < count; number++ {
		for _, stream := range streams {
			must(stream.Send(&echo.Event{Content: event.Content, FromUid: event.FromUid, ToUid: event.ToUid}))
		}
	}
	for _, stream := range streams {
		told, err := stream.CloseAndRecv()
		must(err)
		if int(told.Events) != count {
			must(fmt.Errorf("events were lost"))
		}
	}
}

func gather(all []peer) {
	if all[0].grpc == nil {
		calls := make([]*rpc.Call, len(all))
		for i, p := range all {
			calls[i] = p.rpc.Go("Plugin.Decide", event, new(bool), make(chan *rpc.Call, 1))
		}
		for _, call := range calls {
			must((<-call.Done).Error)
		}
		return
	}
	var answers sync.WaitGroup
	for _, p := range all {
		answers.Add(1)
		go func(p peer) {
			_, err := p.grpc.Decide(context.Background(),
				&echo.Event{Content: event.Content, FromUid: event.FromUid, ToUid: event.ToUid})
			must(err)
			answers.Done()
		}(p)
	}
	answers.Wait()
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
	if os.Getenv(handshake.MagicCookieKey) != "" {
		plugin.Serve(&plugin.ServeConfig{HandshakeConfig: handshake, VersionedPlugins: plugins,
			GRPCServer: plugin.DefaultGRPCServer, Logger: hclog.NewNullLogger()})
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
	defer plugin.CleanupClients()
	log.SetOutput(ioutil.Discard) // of what yamux says when a plugin ends

	many := 1
	if shape == "gather" || shape == "publish" || shape == "idle" {
		many = size
	}
	if shape == "start" {
		var took time.Duration
		for i := -1; i < count; i++ {
			begin := time.Now()
			one := start(program)
			one.greet("w")
			if i >= 0 {
				took += time.Since(begin)
			}
			one.client.Kill()
		}
		report(took, count)
		return
	}
	all := startMany(program, many)
	defer func() {
		var gone sync.WaitGroup
		for _, p := range all {
			gone.Add(1)
			go func(p peer) { p.client.Kill(); gone.Done() }(p)
		}
		gone.Wait()
	}()
	who := strings.Repeat("w", size)
	switch {
	case shape == "round-trip":
		timed(count, repeat(func() { all[0].greet(who) }))
	case shape == "in-flight":
		timed(count, func(count int) { all[0].inFlight(count, who) })
	case shape == "gather":
		timed(count, repeat(func() { gather(all) }))
	case (shape == "events" || shape == "publish") && all[0].grpc != nil:
		timed(count, func(count int) { tell(all, count) })
	case shape == "idle":
		fmt.Println("ready")
		io.Copy(ioutil.Discard, os.Stdin)
	default:
		fmt.Fprintln(os.Stderr, "not here:", shape)
		for _, p := range all {
			p.client.Kill()
		}
		os.Exit(64)
	}
}
