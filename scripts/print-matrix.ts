import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { matrixMarkdown, withMatrix } from "../test/lab/matrix.ts";
import { readRecord } from "../test/lab/record.ts";
import { GROUPS } from "../test/lab/scenarios/all.ts";

// Writes what the lab last saw (npx vitest run --project=lab) into docs/verdicts.md.
const page = fileURLToPath(new URL("../docs/verdicts.md", import.meta.url));
writeFileSync(page, withMatrix(readFileSync(page, "utf8"), matrixMarkdown(GROUPS, readRecord)));
