# The server in one image, with the page and Python's runtime for it: docker build --tag p2p-chat .
# e2e/deploy/test_image.py carries the steps out without Docker, so they keep to the plain forms of COPY and RUN.

# The wheel is the same on every processor, so it is made on the builder's own, even for an image of another.
FROM --platform=$BUILDPLATFORM python:3.14-slim-trixie AS wheel
WORKDIR /src
COPY requirements/run.lock requirements/run.lock
RUN pip install --no-cache-dir --require-hashes --no-deps --requirement requirements/run.lock
COPY . .
RUN pip wheel --no-cache-dir --no-build-isolation --no-deps --wheel-dir /dist .

FROM python:3.14-slim-trixie AS environment
WORKDIR /src
COPY requirements/serve.lock requirements/serve.lock
RUN python -m venv --without-pip /opt/p2p-chat
RUN pip --python /opt/p2p-chat/bin/python install --no-cache-dir --require-hashes --no-deps \
    --requirement requirements/serve.lock
COPY --from=wheel /dist /dist
RUN pip --python /opt/p2p-chat/bin/python install --no-cache-dir --no-deps /dist/*.whl

FROM python:3.14-slim-trixie
LABEL org.opencontainers.image.title="P2P Chat" \
      org.opencontainers.image.description="Browser-to-browser chat over WebRTC, written in Python on both sides" \
      org.opencontainers.image.licenses="MIT"
COPY --from=environment /opt/p2p-chat /opt/p2p-chat
# An empty volume takes its owner from here.
RUN mkdir -m 0700 /data && chown 10001:10001 /data
# The user stands in no list of users, so nobody else says where its home is.
ENV HOME=/data \
    PATH=/opt/p2p-chat/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    P2PCHAT_HOST=0.0.0.0 \
    P2PCHAT_PORT=3000 \
    P2PCHAT_DATA_DIR=/data
USER 10001:10001
VOLUME ["/data"]
EXPOSE 3000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, ssl, urllib.request as r; e = os.environ; s = 'https' if e.get('P2PCHAT_SSL_CERTFILE') else 'http'; r.build_opener(r.ProxyHandler({}), r.HTTPSHandler(context=ssl._create_unverified_context())).open(f\"{s}://127.0.0.1:{e['P2PCHAT_PORT']}/healthz\", timeout=4)"]
ENTRYPOINT ["p2p-chat"]
CMD ["serve"]
