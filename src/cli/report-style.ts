import type { WriteStream } from "node:tty";
import type { ReportStyle } from "../report/report-style.ts";
import type { Context } from "./context.ts";

/** Where there is no terminal to ask for its width. */
const WIDTH_WITHOUT_TERMINAL = 80;

/** How reports are shown on an output: `NO_COLOR` and a missing terminal turn colours off, the locale tells of UTF-8. */
export function reportStyleOf(
  output: Partial<Pick<WriteStream, "isTTY" | "columns">>,
  environment: Context["environment"],
): ReportStyle {
  const locale = environment["LC_ALL"] || environment["LC_CTYPE"] || environment["LANG"] || "";
  return {
    width: output.columns || WIDTH_WITHOUT_TERMINAL,
    hasColours: Boolean(output.isTTY) && !environment["NO_COLOR"] && environment["TERM"] !== "dumb",
    isUnicode: /utf-?8/i.test(locale),
  };
}
