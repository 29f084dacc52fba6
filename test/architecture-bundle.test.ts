import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageOf, ROOT } from "./support/source-files.ts";

/** The packages in the bundle that we chose ourselves. */
const CHOSEN = [
  "@grpc/grpc-js",
  "@grpc/proto-loader",
  "close-with-grace",
  "commander",
  "fastify",
  "ipaddr.js",
  "p-retry",
  "pino",
  "prom-client",
  "yaml",
  "zod",
];

/** Those that come with them. One that is not listed here is weight and risk that somebody should have decided on. */
const BROUGHT_ALONG = `
  @fastify/ajv-compiler @fastify/deepmerge @fastify/error @fastify/fast-json-stringify-compiler @fastify/forwarded
  @fastify/merge-json-schemas @fastify/proxy-addr @js-sdsl/ordered-map @opentelemetry/api @pinojs/redact
  @protobufjs/aspromise @protobufjs/base64 @protobufjs/codegen @protobufjs/eventemitter @protobufjs/fetch
  @protobufjs/float @protobufjs/path @protobufjs/pool @protobufjs/utf8 abstract-logging ajv ajv-formats atomic-sleep
  avvio bintrees cookie dequal fast-decode-uri-component fast-deep-equal fast-json-stringify fast-querystring fast-uri
  fastq find-my-way is-network-error json-schema-ref-resolver json-schema-traverse light-my-request lodash.camelcase
  long on-exit-leak-free pino-std-serializers process-warning protobufjs quick-format-unescaped ret reusify rfdc
  safe-regex2 safe-stable-stringify secure-json-parse semver set-cookie-parser sonic-boom tdigest thread-stream
  toad-cache`
  .trim()
  .split(/\s+/);

interface Metafile {
  readonly outputs: Readonly<Record<string, { readonly inputs: Readonly<Record<string, { bytesInOutput: number }>> }>>;
}

describe("the bundle", () => {
  const directory = mkdtempSync(join(tmpdir(), "readiness-gate-bundle-"));
  let inputs: readonly string[] = [];

  beforeAll(async () => {
    const bundle = join(directory, "bundle.mjs");
    const entry = join(ROOT, "src", "main.ts");
    await promisify(execFile)(process.execPath, [join(ROOT, "scripts", "build.mjs"), entry, bundle]);
    const { outputs } = JSON.parse(readFileSync(join(directory, "meta.json"), "utf8")) as Metafile;
    inputs = Object.values(outputs)
      .flatMap((output) => Object.entries(output.inputs))
      .flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []));
  }, 60_000);

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it("is made of our own files", () => {
    expect(inputs.filter((path) => path.startsWith("src/")).length).toBeGreaterThan(60);
  });

  it("holds the packages that were decided on, and no others", () => {
    const marker = "node_modules/";
    const packages = inputs
      .filter((path) => path.includes(marker))
      .map((path) => packageOf(path.slice(path.lastIndexOf(marker) + marker.length)));
    const byName = (a: string, b: string) => (a < b ? -1 : 1);
    expect([...new Set(packages)].sort(byName)).toEqual([...CHOSEN, ...BROUGHT_ALONG].sort(byName));
  });

  it("holds neither tests nor what only tests need", () => {
    expect(inputs.filter((path) => /(?:^test\/|\.test\.ts$)/.test(path))).toEqual([]);
  });
});
