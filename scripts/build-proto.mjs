// Writes src/proto/descriptor.ts from proto/*.proto: the program is bundled to one file and cannot open them at run time.
import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const projectRoot = join(dirname(fileURLToPath(import.meta.url)), "..");
// protobufjs comes with the loader, whose version of it is the one that reads the descriptor.
const protobuf = createRequire(createRequire(import.meta.url).resolve("@grpc/proto-loader"))("protobufjs");

const protoFiles = readdirSync(join(projectRoot, "proto")).filter((name) => name.endsWith(".proto"));
const root = new protobuf.Root();
root.loadSync(
  protoFiles.sort().map((name) => join(projectRoot, "proto", name)),
  { keepCase: true },
);
root.resolveAll();
const text = `// Made by scripts/build-proto.mjs from proto/*.proto; do not edit.

/** All messages and services of \`proto/\` as protobufjs JSON, for \`fromJSON\` of \`@grpc/proto-loader\`. */
export const descriptor: object = ${JSON.stringify(root.toJSON(), null, 2)};
`;
const descriptorFile = join(projectRoot, "src/proto/descriptor.ts");
writeFileSync(descriptorFile, text);
execFileSync("npx", ["biome", "format", "--write", descriptorFile], { cwd: projectRoot, stdio: "inherit" });
