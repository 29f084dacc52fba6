/** Longest message that is published, in characters. */
export const MESSAGE_LENGTH = 200;

const CLOCK_TIME = String.raw`\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?`;
const ZONE = String.raw`(?:\s?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?`;
const ISO_DATE = String.raw`\d{4}-\d{2}-\d{2}(?:[T ]${CLOCK_TIME}${ZONE})?`;
const MAIL_DATE = String.raw`(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?:\d{1,2} )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* \d{1,2}(?:,? \d{4})?`;
const DURATION = String.raw`\d+(?:\.\d+)?\s?(?:ns|us|µs|ms|s|secs?|seconds?|m|mins?|minutes?|h|hours?)`;
const EPOCH = String.raw`1\d{9}(?:\d{3}|\d{6}|\d{9})?(?:\.\d+)?`;

const TIMES = new RegExp(
  String.raw`\(${ISO_DATE}\)|(?<![\w.:])(?:${ISO_DATE}|${MAIL_DATE}|${CLOCK_TIME}${ZONE}|${DURATION}|${EPOCH})(?![\w:])`,
  "g",
);

// biome-ignore lint/suspicious/noControlCharactersInRegex: removing control characters is the point.
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/**
 * Words of a server as they may be published: the first line that says something, without control characters (which
 * could forge log lines or steer a terminal), without times (a text that changes at each attempt is a new event to
 * whoever compares texts), and at most {@link MESSAGE_LENGTH} characters.
 */
export function publishable(text: string): string {
  const lines = text.slice(0, 4096).split(/[\r\n]+/);
  for (const line of lines) {
    const words = line.replace(CONTROLS, "").replace(/\s+/g, " ").trim();
    if (words !== "") {
      return words
        .replace(TIMES, "…")
        .replace(/\s+…$/, "")
        .slice(0, MESSAGE_LENGTH)
        .replace(/[\ud800-\udbff]$/, "");
    }
  }
  return "";
}
