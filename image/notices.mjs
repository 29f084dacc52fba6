// node image/notices.mjs META.json: the licences of the packages that esbuild put into the bundle, as plain text.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const { inputs } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const folders = Object.keys(inputs).flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);

function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8").trim());
  return [`${name} ${version}: ${license}`, ...texts].join("\n\n");
}

const sorted = [...new Set(folders)].sort((a, b) => (a < b ? -1 : 1));
const line = "-".repeat(80);
process.stdout.write(`${sorted.map(noticeOf).join(`\n\n${line}\n\n`)}\n`);
