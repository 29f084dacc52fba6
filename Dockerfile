# The image of readiness-gate: Node.js with the libraries that it is linked to, one bundle, one launcher. No shell, no
# package manager.
#
#   docker build --tag readiness-gate:0.1.0 .          (as well: buildah bud, podman build)
#
# BUILD_IMAGE builds the program: any image with Node.js, npm and a C compiler. NODE_IMAGE gives the image its node: any
# Debian image with Node.js, whose glibc is not older than that of BUILD_IMAGE.
# A registry of one's own for npm: --secret id=npmrc,src=$HOME/.npmrc
ARG BUILD_IMAGE=docker.io/library/node:26.10.0-bookworm
ARG NODE_IMAGE=docker.io/library/node:26.10.0-bookworm-slim

FROM ${BUILD_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci --no-audit --no-fund
COPY . .
ARG VERSION=0.1.0
RUN sh image/build-program.sh "$VERSION" /usr/local/bin/node /image

FROM ${NODE_IMAGE} AS runtime-files
COPY image/collect-runtime.sh /
RUN sh /collect-runtime.sh /usr/local/bin/node /runtime
COPY image/etc /runtime/etc

FROM scratch AS runtime
COPY --from=runtime-files /runtime /

FROM runtime
COPY --from=build /image /
ARG VERSION=0.1.0
ARG LICENSE=Apache-2.0
LABEL org.opencontainers.image.title="readiness-gate" \
  org.opencontainers.image.description="A sidecar that tells a slow inference server from a blocked network" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.licenses="${LICENSE}"
USER 65532:65532
EXPOSE 9020
ENTRYPOINT ["/usr/local/bin/readiness-gate"]
