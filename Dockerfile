# Three programs, three images of one build:
#
#   docker build --target receiver -t postern-receiver .
#   docker build --target worker   -t postern-worker .
#   docker build -t postern .        all in one, with the operator's commands
#
# The images hold one static binary and the CA certificates: no shell, no
# package manager, no root.

FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod \
    go mod download
COPY cmd ./cmd
COPY internal ./internal
COPY pkg ./pkg
ARG TARGETOS TARGETARCH
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w" -o /out/bin/ ./cmd/...
# A volume that is mounted here takes this folder's owner over.
RUN mkdir -p /out/state/postern

FROM scratch AS base
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build --chown=65532:65532 /out/state/ /var/lib/
WORKDIR /var/lib/postern
USER 65532:65532

FROM base AS receiver
COPY --from=build /out/bin/receiver /usr/local/bin/receiver
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
    CMD ["/usr/local/bin/receiver", "health"]
ENTRYPOINT ["/usr/local/bin/receiver"]

FROM base AS worker
COPY --from=build /out/bin/worker /usr/local/bin/worker
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
    CMD ["/usr/local/bin/worker", "health"]
ENTRYPOINT ["/usr/local/bin/worker"]

# The last stage is what a build without --target gives.
FROM base AS postern
COPY --from=build /out/bin/postern /usr/local/bin/postern
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
    CMD ["/usr/local/bin/postern", "health"]
ENTRYPOINT ["/usr/local/bin/postern"]
CMD ["run"]
