# Stand-in for the official prom/alertmanager image: same user, paths, entry point and busybox tools.
FROM debian:unstable-slim
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends busybox prometheus-alertmanager \
 && rm -rf /var/lib/apt/lists/* \
 && ln -sf busybox /bin/wget \
 && ln -sf prometheus-alertmanager /bin/alertmanager \
 && install -d -o 65534 -g 65534 /etc/alertmanager /alertmanager
USER 65534
WORKDIR /alertmanager
VOLUME /alertmanager
EXPOSE 9093
ENTRYPOINT ["/bin/alertmanager"]
CMD ["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"]
