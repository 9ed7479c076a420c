# Dockerfile - the image of the tasklab binary: built on Debian 13, run by a user without rights.
FROM debian:trixie-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
    cmake gcc libc6-dev libcivetweb-dev libcurl4-openssl-dev libjansson-dev libpq-dev libyaml-dev \
    ninja-build pkg-config zlib1g-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY include include
COPY migrations migrations
COPY labs labs
COPY src src
# What `tasklab version` shows, such as $(git rev-parse --short HEAD): the image has no repository.
ARG REVISION=
RUN cmake --preset release -G Ninja -DTASKLAB_TESTS=OFF -DCMAKE_INSTALL_PREFIX=/usr \
    "-DTASKLAB_REVISION=$REVISION" \
 && cmake --build --preset release \
 && DESTDIR=/image cmake --install build/release --strip

FROM debian:trixie-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends libcivetweb1 libcurl4t64 libjansson4 libpq5 libyaml-0-2 zlib1g \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --system --gid 10001 tasklab \
 && useradd --system --uid 10001 --gid tasklab --no-create-home --home-dir / --shell /usr/sbin/nologin tasklab
COPY --from=build /image /
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s CMD ["tasklab", "healthcheck"]
ENTRYPOINT ["tasklab"]
CMD ["serve"]
