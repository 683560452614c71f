# syntax=docker/dockerfile:1
# Multi-stage: the first stage installs what the lock file names, by hash; the second holds only that.
FROM python:3.12-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY requirements/server.lock requirements/server.lock
RUN python -m venv /opt/gateway \
 && /opt/gateway/bin/pip install --require-hashes --no-deps -r requirements/server.lock
COPY pyproject.toml README.md LICENSE ./
COPY gateway gateway
COPY migrations migrations
COPY policies policies
RUN /opt/gateway/bin/pip install --no-deps --no-build-isolation .

FROM python:3.12-slim-bookworm
# A numeric user, so that an orchestrator can check that it is not root.
RUN useradd --uid 10001 --create-home --home-dir /data --shell /usr/sbin/nologin gateway
COPY --from=build /opt/gateway /opt/gateway
ENV PATH=/opt/gateway/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    EVIDENCE_GATEWAY_HOME=/data EVIDENCE_GATEWAY_HOST=0.0.0.0
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8443
# The root file system may be read-only: state lies in /data, scratch in a tmpfs on /tmp (see compose.yaml).
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8443/readyz', timeout=2)"]
ENTRYPOINT ["evidence-gateway"]
CMD ["serve"]
