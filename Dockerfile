# The hub as an image of the program and five system libraries.
#
#   docker build -t message-center .
#   docker volume create message-center
#
# Beyond loopback the hub listens only when at least one token is defined, and a container's
# port is beyond loopback. So create the tokens first; each is shown once, and only then:
#
#   docker run --rm -v message-center:/data message-center \
#       token create --data /data --role admin --name operator
#   docker run --rm -v message-center:/data message-center \
#       token create --data /data --role publisher --name shop --topics 'SaleOrder_*,Product_*'
#   docker run --rm -v message-center:/data message-center \
#       token create --data /data --role warehouse --name north --wids 3
#
#   docker run -d --name hub -p 8088:8088 -v message-center:/data message-center
#
# The port speaks plain HTTP: put TLS in front of it wherever the network is not your own.

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
    && useradd --system --uid 10088 --home-dir /data --shell /usr/sbin/nologin hub \
    && install -d -o hub -g hub -m 750 /data
COPY --from=builder /out/message-center /usr/local/bin/message-center
USER hub
VOLUME /data
EXPOSE 8088
# SIGTERM: the hub answers what it has begun, then leaves.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
    CMD ["message-center", "health", "--hub", "http://127.0.0.1:8088", "--quiet"]
ENTRYPOINT ["message-center"]
CMD ["serve", "--listen", "0.0.0.0:8088", "--data", "/data"]
