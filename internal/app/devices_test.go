package app_test

import (
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"postern/internal/servertest"
)

const bridged = "/api/plugin/acme.sensors/webhook/mqtt"

// The endpoint is the one that deploy/examples/mqtt-bridge.sh shows.
const devicesConfig = `
redis: {url: "${REDIS}"}
worker: {shutdown_timeout: 5s}
api: {tokens: {ops: a-token-of-the-tests}}
chats: {team: {type: webhook, url: "${PLATFORM}/hook/team"}}
plugins:
  acme.sensors:
    webhooks:
      /mqtt:
        source: generic
        verify: {type: bearer, token: a-token-of-the-bridge}
        event_type: {field: topic}
        delivery_id: {header: X-Delivery-Id}
        duplicates: {window: 1h}
        notify:
          - to: [team]
            events: ["sensors/*"]
            template: "**{{.payload.topic}}**: {{.payload.payload}}"
`

// The bridge of deploy/examples carries what a real broker is told to the
// chat, once, whatever is written in it, and again where Postern was away.
func TestMQTTBridge(t *testing.T) {
	t.Parallel()
	b := newBridge(t)
	b.publish("sensors/cellar/water", `{"level": 3, "unit": "cm"}`)
	b.publish("office/door", "nobody hears of this")
	b.publish("sensors/attic", "it's \"hot\" \\ at 45 °C\nand @everyone knows")
	calls := b.await(2)
	for i, want := range []string{
		`sensors/cellar/water: {"level": 3, "unit": "cm"}`,
		"sensors/attic: it's \"hot\" \\ at 45 °C\nand @everyone knows",
	} {
		if got := calls[i].Text; got != want {
			t.Errorf("message %d is\n%s\nwant\n%s", i, got, want)
		}
	}

	b.redis.Stop()
	b.publish("sensors/cellar/water", "dry")
	b.witness.await(t, bridged, "the message, while Redis is away", func(p post) bool {
		return strings.Contains(string(p.body), "dry") &&
			(p.answer.is("503:queue_unavailable") == nil || p.answer.member("spooled") == "true")
	})
	b.redis.Restart()
	if got, want := b.await(3)[2].Text, "sensors/cellar/water: dry"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
	if said := b.running["bridge"].stderr.String(); strings.Contains(said, "not taken") {
		t.Errorf("the bridge gave up on a message:\n%s", said)
	}
}

// What Postern refuses is lost, and the bridge says so and goes on.
func TestMQTTBridgeSaysWhatIsRefused(t *testing.T) {
	t.Parallel()
	b := newBridge(t)
	b.publish("sensors/bytes", "no text: \xff\xfe")
	b.refused("sensors/bytes", "400:invalid_payload")
	b.publish("sensors/attic", "hot")
	if got, want := b.await(1)[0].Text, "sensors/attic: hot"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
	b.write("token.header", "Authorization: Bearer a-guess\n")
	b.publish("sensors/roof", "wet")
	b.refused("sensors/roof", "403:signature_mismatch")
	b.await(1)
}

// refused waits until a message of this topic was answered so, and the bridge
// has said that it is lost.
func (b *bridge) refused(topic, want string) {
	b.tb.Helper()
	topic = fmt.Sprintf(`"topic":%q`, topic)
	b.witness.await(b.tb, bridged, want, func(p post) bool {
		return strings.Contains(string(p.body), topic) && p.answer.is(want) == nil
	})
	lost := regexp.MustCompile("mqtt-bridge: not taken: .*" + topic)
	if _, err := b.running["bridge"].stderr.await(lost.MatchString); err != nil {
		b.tb.Error(err)
	}
}

// bridge is a house with a broker and the bridge from it.
type bridge struct {
	*house
	witness   *witness
	publisher string
	broker    string
}

func newBridge(t *testing.T) *bridge {
	t.Helper()
	broker := servertest.Find(t, "mosquitto", "/usr/sbin/mosquitto") // not in every user's PATH
	for _, needed := range []string{"mosquitto_sub", "curl", "sha256sum"} {
		servertest.Find(t, needed)
	}
	b := &bridge{
		house:     newStormHouse(t, devicesConfig, "--appendonly", "yes", "--appendfsync", "always"),
		publisher: servertest.Find(t, "mosquitto_pub"),
	}
	b.mustStart("receiver", "r1")
	b.mustStart("worker", "w1")
	b.witness = newWitness(t, b.running["r1"].address)

	b.broker = b.free()
	host, port, _ := strings.Cut(b.broker, ":")
	conf := fmt.Sprintf("listener %s %s\nallow_anonymous true\nlog_type subscribe\nlog_type error\nlog_dest stderr\n", port, host)
	b.serve("broker", "", broker, "-c", b.write("mosquitto.conf", conf))
	if err := within(patience, b.listens); err != nil {
		t.Fatal(err)
	}

	script, err := filepath.Abs(filepath.Join("..", "..", "deploy", "examples", "mqtt-bridge.sh"))
	if err != nil {
		t.Fatal(err)
	}
	b.background("bridge", []string{
		"POSTERN_URL=" + b.witness.url + bridged,
		"POSTERN_HEADER=" + b.write("token.header", "Authorization: Bearer a-token-of-the-bridge\n"),
	}, script, "-h", host, "-p", port, "-t", "#", "-q", "1")
	if _, err := b.running["broker"].stderr.await(func(s string) bool { return strings.Contains(s, " 1 #") }); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bridge) listens() error {
	conn, err := net.Dial("tcp", b.broker)
	if err != nil {
		return err
	}
	return conn.Close()
}

// publish tells the broker a message, and waits until the broker has it.
func (b *bridge) publish(topic, text string) {
	b.tb.Helper()
	host, port, _ := strings.Cut(b.broker, ":")
	cmd := exec.Command(b.publisher, "-h", host, "-p", port, "-q", "1", "-t", topic, "-s")
	cmd.Env, cmd.Stdin = foreign(), strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.tb.Fatalf("publish to %s: %v\n%s", topic, err, out)
	}
}
