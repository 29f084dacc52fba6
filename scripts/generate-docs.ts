// npm run docs: writes docs/settings.md from the table of options and docs/verdicts.md from the table of verdicts; tests
// fail while they are not current.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { exitCodeOf } from "../src/cli/exit-codes.ts";
import { verdictsMarkdown } from "../src/report/verdict-docs.ts";
import { type Option, shownDefault } from "../src/settings/option.ts";
import { OPTION_LIST } from "../src/settings/options.ts";
import { PRESET_NAMES, presetTexts } from "../src/settings/presets.ts";

/** Paths of the pages that are made here. */
export const SETTINGS_PAGE = fileURLToPath(new URL("../docs/settings.md", import.meta.url));
export const VERDICTS_PAGE = fileURLToPath(new URL("../docs/verdicts.md", import.meta.url));

const INTRO = `# Settings

This page is made by \`npm run docs\` from \`src/settings/options.ts\`. Do not edit it.

All commands but \`inject\` and \`explain\` take the same settings. A flag beats an environment variable, a variable beats
the file that \`--config\` names, the file beats the preset, and the preset beats the default. The strongest source that
names a setting gives its whole value: two sources are never merged.

All bad settings are reported in one message, each with its source, and the program ends with exit code 2. An unknown
\`GATE_*\` variable is only a warning.`;

const FORMS = `## How values are written

- **Durations** carry their units, the largest first: \`250ms\`, \`1.5s\`, \`1m30s\`, \`2h\`. A bare number is refused.
- **Addresses to listen on**: \`:9020\` (all addresses of both families), \`127.0.0.1:9022\`, \`localhost:9022\`, \`[::1]:9022\`.
- **Targets**: \`name=url\`; [the contract](contract.md#targets) says what a URL may hold.
- **Lists** in a variable, or in one text of the file, are separated as the table above says. A repeatable flag takes one
  value each time. In the file a list may also be a YAML list.
- **An empty variable** counts as unset, and so does a key of the file without a value. The listeners are different: empty
  turns \`grpcListen\` and \`adminListen\` off, and is an error for \`listen\`.
- **An empty flag** is always a value: \`--termination-log ""\` turns the termination log off, which an empty variable cannot.

The file is one YAML mapping of the keys above, at most 65,536 characters long. An unknown key is an error.

\`\`\`yaml
preset: mlserver
probeTimeout: 2s
adminListen:        # off
models: [iris, mnist]
\`\`\``;

/** Makes the whole page. */
export function settingsPage(): string {
  return `${[INTRO, optionTable(), listTable(), presetTable(), FORMS].join("\n\n")}\n`;
}

function optionTable(): string {
  const rows = OPTION_LIST.map((option) => [
    code(option.key),
    code(option.variable),
    code(`${option.flag} ${option.placeholder}`),
    shownDefault(option),
    takes(option),
    option.description,
  ]);
  return `## All settings\n\n${table(["key", "variable", "flag", "default", "takes", "meaning"], rows)}`;
}

/** Examples stand in the section on forms. */
function takes({ expected }: Option<unknown>): string {
  return expected.replace(/,? such as .*?(?=;|, or nothing|$)/, "");
}

const SEPARATORS: Readonly<Record<string, string>> = { "\\s+": "white space", "[\\s,]+": "white space or commas" };

function listTable(): string {
  const rows = OPTION_LIST.flatMap(({ key, separator, isRepeatable, flag }) =>
    separator === null
      ? []
      : [
          [
            code(key),
            SEPARATORS[separator.source] ?? code(separator.source),
            isRepeatable ? `${code(flag)}, once for each value` : `${code(flag)}, separated in the same way`,
          ],
        ],
  );
  return `## Lists\n\n${table(["key", "separated by", "flag"], rows)}`;
}

function presetTable(): string {
  const rows = PRESET_NAMES.map((name) => {
    const texts = presetTexts(name, "127.0.0.1");
    const others = [...texts].filter(([key]) => key !== "targets").map(([key, [value]]) => code(`${key}: ${value}`));
    return [code(name), (texts.get("targets") ?? []).map(code).join("<br>"), others.join("<br>")];
  });
  const note =
    "`host` takes the place of 127.0.0.1. Targets of your own replace the preset's targets, not its other settings.";
  return `## Presets\n\n${table(["preset", "targets", "other settings"], rows)}\n\n${note}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows.map((row) => row.map((cell) => cell.replaceAll("|", "\\|")))];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}

/** Makes the page of verdicts; what the lab printed into the present one stays. */
export function verdictsPage(): string {
  const current = existsSync(VERDICTS_PAGE) ? readFileSync(VERDICTS_PAGE, "utf8") : "";
  return verdictsMarkdown({
    current,
    exitCodeOf: (verdictClass) => exitCodeOf(verdictClass === "ready", verdictClass),
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(SETTINGS_PAGE, settingsPage());
  writeFileSync(VERDICTS_PAGE, verdictsPage());
}
