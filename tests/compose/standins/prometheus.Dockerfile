# Stand-in for the official prom/prometheus image: same user, paths, entry point and busybox tools.
FROM debian:unstable-slim
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends busybox prometheus \
 && rm -rf /var/lib/apt/lists/* /etc/prometheus \
 && ln -sf busybox /bin/wget \
 && install -d -o 65534 -g 65534 /etc/prometheus /prometheus
USER 65534
WORKDIR /prometheus
VOLUME /prometheus
EXPOSE 9090
ENTRYPOINT ["/bin/prometheus"]
CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
