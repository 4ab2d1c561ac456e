# The hub as an image of the program and five system libraries.
#
#   docker build -t message-center .
#   docker volume create message-center
#
# Beyond loopback the hub listens only when at least one token is defined, and a container's
# port is beyond loopback. So create the tokens first; each is shown once, and only then:
#
#   docker run --rm -v message-center:/data message-center token create --role admin --name operator
#   docker run --rm -v message-center:/data message-center \
#       token create --role publisher --name shop --topics 'SaleOrder_*,Product_*'
#   docker run --rm -v message-center:/data message-center \
#       token create --role warehouse --name north --wids 3
#
# It needs no right beyond its volume, so give it none:
#
#   docker run -d --name hub --restart unless-stopped --read-only --tmpfs /tmp --cap-drop ALL \
#       --security-opt no-new-privileges --ulimit nofile=65536 -v message-center:/data \
#       -p 127.0.0.1:8088:8088 message-center
#
# A folder of the machine instead of a volume has to belong to the user: chown 10088:10088. Wherever
# the network is not your own, have the hub speak TLS, or put a proxy that does in front of it:
# docs/operating.md tells both.

FROM swift:6.3-bookworm AS builder
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        pkg-config libsqlite3-dev libssl-dev zlib1g-dev libzstd-dev libcurl4-openssl-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY Package.swift ./
COPY Sources ./Sources
COPY Tests ./Tests
# Served by the hub, and built into it: Sources/HubServer/Documents links to them.
COPY Public ./Public
COPY docs/openapi.yaml ./docs/openapi.yaml
RUN swift build -c release --static-swift-stdlib --product message-center \
    && install -D -m 755 \
        "$(swift build -c release --static-swift-stdlib --show-bin-path)/message-center" \
        /out/message-center

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libsqlite3-0 libssl3 zlib1g libzstd1 libcurl4 ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10088 hub \
    && useradd --system --uid 10088 --gid 10088 --home-dir /data --no-create-home \
        --shell /usr/sbin/nologin hub \
    && install -d -o hub -g hub -m 750 /data
COPY --from=builder /out/message-center /usr/local/bin/message-center
# By number, so that an engine can tell that it is not root.
USER 10088:10088
VOLUME /data
EXPOSE 8088
ENV MESSAGE_CENTER_DATA=/data \
    MESSAGE_CENTER_LISTEN=0.0.0.0:8088 \
    MESSAGE_CENTER_URL=http://127.0.0.1:8088 \
    SWIFT_BACKTRACE=enable=no
# SIGTERM: the hub answers what it has begun, then leaves, within five seconds.
STOPSIGNAL SIGTERM
# The copy before an upgrade, and a cold start with many messages, take their time.
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 \
    CMD ["message-center", "health", "--quiet"]
ENTRYPOINT ["message-center"]
CMD ["serve"]
