#!/bin/sh
# Posts every message of an MQTT broker to an endpoint of Postern.
#
#   POSTERN_URL=https://hooks.example.org/api/plugin/acme.sensors/webhook/mqtt \
#   POSTERN_HEADER=/etc/postern/mqtt.header \
#   mqtt-bridge.sh -h broker.example.org -t 'sensors/#' -q 1 -i postern-bridge -c
#
# The arguments are mosquitto_sub's own; -q 1, -i and -c together let the broker
# keep what comes while the bridge is away. POSTERN_HEADER is a file with the
# line "Authorization: Bearer <token>", so that no token stands in a process
# list. Needed are mosquitto_sub, curl and sha256sum. In postern.yaml:
#
#   plugins:
#     acme.sensors:
#       webhooks:
#         /mqtt:
#           source: generic
#           verify: {type: bearer, token: "${MQTT_TOKEN}"}
#           event_type: {field: topic}
#           delivery_id: {header: X-Delivery-Id}
#           duplicates: {window: 1h}
#           notify:
#             - to: [team]
#               events: ["sensors/*"]
#               template: "**{{.payload.topic}}**: {{.payload.payload}}"
#
# curl comes again where Postern is away or answers 503, for about four minutes,
# and the delivery id keeps a message whose answer was lost from being told
# twice. What was refused (a payload that is no text is), or not taken by then,
# is written to standard error and lost: the broker has its acknowledgement
# already.
set -u
: "${POSTERN_URL:?is the address of the endpoint}"
: "${POSTERN_HEADER:?is a file with the line Authorization: Bearer <token>}"

mosquitto_sub -F '%j' "$@" | while IFS= read -r message; do
	id=$(printf '%s' "$message" | sha256sum | cut -d ' ' -f 1)
	printf '%s' "$message" | curl --silent --show-error --fail --output /dev/null \
		--max-time 30 --retry 8 --retry-connrefused \
		--header @"$POSTERN_HEADER" --header "X-Delivery-Id: $id" \
		--header 'Content-Type: application/json' --data-binary @- "$POSTERN_URL" ||
		printf 'mqtt-bridge: not taken: %s\n' "$message" >&2
done

echo 'mqtt-bridge: mosquitto_sub has ended' >&2
exit 1 # whoever watches over the bridge starts it again
