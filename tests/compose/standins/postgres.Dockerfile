# Stand-in for the official postgres:18 image: same user, paths, environment and entry point.
FROM debian:unstable-slim
RUN groupadd --system --gid 999 postgres \
 && useradd --system --uid 999 --gid postgres --home-dir /var/lib/postgresql --shell /bin/bash postgres \
 && mkdir -p /etc/postgresql-common /docker-entrypoint-initdb.d \
 && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \
 && apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql-18 \
 && rm -rf /var/lib/apt/lists/* \
 && mv /usr/share/postgresql/18/postgresql.conf.sample /usr/share/postgresql/ \
 && ln -s ../postgresql.conf.sample /usr/share/postgresql/18/ \
 && sed -ri "s!^#?(listen_addresses)\s*=\s*\S+.*!\1 = '*'!" /usr/share/postgresql/postgresql.conf.sample \
 && install -d -o postgres -g postgres -m 1777 /var/lib/postgresql \
 && install -d -o postgres -g postgres -m 3777 /var/run/postgresql
ENV LANG=C.UTF-8 PG_MAJOR=18 PGDATA=/var/lib/postgresql/18/docker PATH=/usr/lib/postgresql/18/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
COPY postgres-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
VOLUME /var/lib/postgresql
ENTRYPOINT ["docker-entrypoint.sh"]
STOPSIGNAL SIGINT
EXPOSE 5432
CMD ["postgres"]
