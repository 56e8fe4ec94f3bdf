# The image of Crypto Lake: one program, every mode. `docker run crypto-lake` runs the whole lake,
# `docker run crypto-lake --mode transform` one part of it.
#
# What it owns: /app (the program, never written to) and the user 10001. It writes below /data, a volume, and
# /tmp, which may be a tmpfs, so that it runs on a read-only root file system without capabilities.
# The configuration is /etc/crypto-lake/config.yml where one is mounted, else the defaults; the environment
# wins over both. No secret is ever part of the image.

# Any Debian with Node 24 and npm.
ARG BASE=node:24-bookworm-slim

FROM ${BASE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No package that runs needs a script to install. What only compilers and debuggers read is left out.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete
COPY . .
# Whatever the checkout's umask was.
RUN chmod -R go=rX .

FROM ${BASE}
LABEL org.opencontainers.image.title="Crypto Lake" \
      org.opencontainers.image.description="Records exchange feeds byte for byte, proves how complete they are, and answers SQL" \
      org.opencontainers.image.licenses="MIT"
RUN groupadd --gid 10001 lake \
  && useradd --uid 10001 --gid lake --no-create-home --home-dir /tmp --shell /usr/sbin/nologin lake \
  && install -d -o lake -g lake /data \
  && install -d /etc/crypto-lake
COPY --from=build /app /app
RUN install -d -o lake -g lake /app/.cache
ENV NODE_ENV=production \
    HOME=/tmp \
    NODE_COMPILE_CACHE=/app/.cache/compile
# Where a configuration file is looked for.
WORKDIR /etc/crypto-lake
USER 10001:10001
# Every mode, compiled once: a process that finds itself compiled starts sooner and needs 20 MB less.
RUN node --input-type=module --eval "const { modes } = await import('/app/modes.ts'); \
  for (const { load } of Object.values(modes)) await load(); \
  for (const name of ['gcs', 's3']) await import('/app/tools/store/' + name + '-store.ts')" \
  && node /app/main.ts --version
VOLUME /data
EXPOSE 8080
# The program hears it as first process, too, seals its parts and ends within 40 s. What it starts starts nothing
# in turn, so that no orphans come to it.
STOPSIGNAL SIGTERM
# Reads the heartbeat, which says bad within three of its intervals after the collector has stopped.
HEALTHCHECK --interval=60s --timeout=15s --start-period=120s --retries=1 \
  CMD ["node", "/app/main.ts", "--mode", "health"]
ENTRYPOINT ["node", "/app/main.ts"]
CMD ["--mode", "orchestrate"]
