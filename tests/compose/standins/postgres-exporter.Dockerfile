# Stand-in for prometheuscommunity/postgres-exporter: same user, entry point and busybox tools.
FROM debian:unstable-slim
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends busybox prometheus-postgres-exporter \
 && rm -rf /var/lib/apt/lists/* \
 && ln -sf busybox /bin/wget \
 && ln -sf prometheus-postgres-exporter /bin/postgres_exporter
USER 65534
EXPOSE 9187
ENTRYPOINT ["/bin/postgres_exporter"]
