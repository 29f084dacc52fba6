import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { SETTINGS_PAGE, settingsPage } from "../scripts/generate-docs.ts";
import { exitCodeOf } from "../src/cli/exit-codes.ts";
import { FINDING_CODES } from "../src/core/findings/finding.ts";
import { RULES } from "../src/core/rules.ts";
import { VERDICT_CLASSES, VERDICTS } from "../src/core/verdict-table.ts";
import { OPTION_LIST } from "../src/settings/options.ts";

const ROOT = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const markdownIn = (folder: string) => readdirSync(join(ROOT, folder)).filter((name) => name.endsWith(".md"));
const PAGES = [...markdownIn("."), ...markdownIn("docs").map((name) => `docs/${name}`)];

/** Our own source in one text, without tests. */
const SOURCE = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
  .map((name) => read(`src/${name}`))
  .join("\n");

/** Cells of the rows that begin with a word in backquotes, of the table under a heading. */
function rowsUnder(path: string, heading: string): readonly (readonly string[])[] {
  const [, section = ""] = read(path).split(`\n${heading}\n`);
  const [own = ""] = section.split(/^#{2,3} /m);
  return own
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.split("|").map((cell) => cell.trim()));
}

const plain = (cell = "") => cell.replaceAll("`", "");

/** As GitHub makes an anchor of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");
}

function anchorsOf(path: string): readonly string[] {
  return [...readFileSync(path, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading));
}

function linksOf(path: string): readonly string[] {
  return [...read(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
}

/** Why a link leads nowhere; null when it leads somewhere, or out of the project. */
function brokenLink(page: string, link: string): string | null {
  if (/^[a-z]+:/.test(link)) return null;
  const [file = "", anchor] = link.split("#");
  const target = file === "" ? join(ROOT, page) : join(ROOT, dirname(page), file);
  if (!existsSync(target)) return `${link}: no such file`;
  if (anchor === undefined || statSync(target).isDirectory()) return null;
  return anchorsOf(target).includes(anchor) ? null : `${link}: no such heading`;
}

it("sees the pages and the source that it judges", () => {
  expect(PAGES).toEqual(expect.arrayContaining(["README.md", "docs/contract.md", "docs/architecture.md"]));
  expect(PAGES.flatMap(linksOf).length).toBeGreaterThan(20);
  expect(SOURCE.length).toBeGreaterThan(100_000);
});

it("docs/settings.md is what `npm run docs` writes", () => {
  expect(readFileSync(SETTINGS_PAGE, "utf8")).toBe(settingsPage());
});

it.each(PAGES)("every relative link of %s leads somewhere", (page) => {
  expect(linksOf(page).flatMap((link) => brokenLink(page, link) ?? [])).toEqual([]);
});

it("would notice links to a missing file and to a missing heading", () => {
  expect(brokenLink("README.md", "docs/no-such-page.md")).not.toBeNull();
  expect(brokenLink("README.md", "docs/contract.md#no-such-heading")).not.toBeNull();
  expect(brokenLink("docs/contract.md", "#verdicts")).toBeNull();
});

describe.each(["README.md", "docs/contract.md"])("what %s names exists", (page) => {
  const text = read(page);

  it("settings by their variables", () => {
    const named = [...text.matchAll(/\bGATE_[A-Z_]*[A-Z]\b/g)].map(([name]) => name);
    const known: readonly string[] = OPTION_LIST.map((option) => option.variable);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });

  it("flags", () => {
    const named = [...text.matchAll(/(?<=[\s`])--[a-z][a-z-]+/g)].map(([flag]) => flag);
    const builtIn = ["--help", "--version"];
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((flag) => !builtIn.includes(flag) && !SOURCE.includes(`"${flag}`))).toEqual([]);
  });

  it("endpoints", () => {
    const named = [...text.matchAll(/`(?:GET )?(\/[a-z0-9/]*)/g)].map(([, path = ""]) => path);
    const isEndpoint = (path: string) => !/^\/(?:dev|proc|usr)\//.test(path);
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((path) => isEndpoint(path) && !new RegExp(`["\`]${path}`).test(SOURCE))).toEqual([]);
  });

  it("verdict codes", () => {
    const named = [...text.matchAll(/\b[A-Z]+_[A-Z_]+\b/g)].map(([word]) => word);
    expect(named.filter((word) => !word.startsWith("GATE_") && !SOURCE.includes(word))).toEqual([]);
  });
});

it.each(["README.md", "CONTRIBUTING.md"])("every npm script that %s names is in package.json", (page) => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const named = [...read(page).matchAll(/npm run ([a-z:-]+)/g)].map(([, name = ""]) => name);
  expect(named).toContain("demo");
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

describe("the contract agrees with the code", () => {
  it("on verdicts, their classes and their order", () => {
    const rows = rowsUnder("docs/contract.md", "## Verdicts");
    const expected = Object.entries(VERDICTS).map(([code, entry]) => [code, entry.class]);
    expect(rows.map(([, code, verdictClass]) => [plain(code), verdictClass])).toEqual(expected);
  });

  it("on verdicts that are told: each has a rule", () => {
    const told = new Set<string>([...RULES.map(({ code }) => code), "NAME_UNRESOLVED"]);
    expect(told).toEqual(new Set(Object.keys(VERDICTS)));
  });

  it("on findings and their order", () => {
    const rows = rowsUnder("docs/contract.md", "## Findings");
    expect(rows.map(([, code]) => plain(code))).toEqual(FINDING_CODES);
  });

  it.each([
    ["docs/contract.md", "## Commands"],
    ["README.md", "## Commands"],
  ])("on commands, as %s lists them", (page, heading) => {
    const visible = [...SOURCE.matchAll(/\.command\("([a-z-]+)"(?!, \{ hidden)/g)].map(([, name = ""]) => name);
    const listed = rowsUnder(page, heading).map(([, cell]) => plain(cell).split(" ")[0]);
    expect(visible.length).toBeGreaterThan(5);
    expect(new Set(listed)).toEqual(new Set(visible));
  });

  it("on exit codes", () => {
    const rows = rowsUnder("docs/contract.md", "### Exit codes").filter(([, , verdictClass]) => verdictClass !== "");
    const codes = rows.map(([, code, verdictClass]) => [plain(verdictClass), Number(plain(code))]);
    const expected = VERDICT_CLASSES.map((one) => [one, exitCodeOf(one === "ready", one)]);
    expect(new Map(codes as [string, number][])).toEqual(new Map(expected as [string, number][]));
  });

  it("on the names of metrics", () => {
    const names = rowsUnder("docs/contract.md", "## Metrics");
    const exposed = [...SOURCE.matchAll(/(?:gauge\("|name: "readiness_gate_)([a-z_]+)"/g)].map(([, name = ""]) => name);
    expect(exposed.length).toBeGreaterThan(8);
    expect(new Set(names.map(([, name]) => plain(name)))).toEqual(new Set(exposed));
  });
});

it("the architecture's table is the one that test/architecture.test.ts enforces", () => {
  const enforced = [
    ...read("test/architecture.test.ts").matchAll(
      /^ {2}"?([a-z.-]+)"?: \{ folders: (?:\[(.*?)\]|"(any)"), packages: \[(.*?)\]/gm,
    ),
  ].map(([, name, folders, any, packages]) => [name, words(any ?? folders), words(packages)]);
  const rows = rowsUnder("docs/architecture.md", "## Who may import whom");
  expect(enforced.length).toBeGreaterThan(10);
  expect(rows.map(([, name, folders, packages]) => [plain(name), words(folders), words(packages)])).toEqual(enforced);
});

function words(list = ""): ReadonlySet<string> {
  return new Set(list.replaceAll(/[`"\s]/g, "").split(","));
}

it("the changelog speaks of the version in package.json", () => {
  const { version } = JSON.parse(read("package.json")) as { version: string };
  expect(read("CHANGELOG.md")).toMatch(new RegExp(`^## \\[${version.replaceAll(".", "\\.")}\\]`, "m"));
});
