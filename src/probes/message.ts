/** Longest message that is published, in characters. */
export const MESSAGE_LENGTH = 200;

/** As much of a text as is looked at, in characters. */
const READ_LENGTH = 4096;

const MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*";
const ZONE = String.raw`(?:\s?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?`;
const CLOCK_TIME = String.raw`\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?${ZONE}`;
const ISO_TIME = String.raw`\d{4}-\d{2}-\d{2}(?:[T ]${CLOCK_TIME})?`;
const MAIL_DATE = String.raw`(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?:\d{1,2} ${MONTH} \d{4}|${MONTH} \d{1,2}(?:,? \d{4})?)`;
const DURATION = String.raw`\d+(?:\.\d+)?\s?(?:ns|us|µs|ms|s|secs?|seconds?|m|mins?|minutes?|h|hours?)`;
const EPOCH = String.raw`1\d{9}(?:\d{3}|\d{6}|\d{9})?(?:\.\d+)?`;

/** grpc-js puts the time of a failed connect in brackets behind its text. */
const TIME_IN_BRACKETS = new RegExp(String.raw`\s*\(${ISO_TIME}\)`, "g");

const TIMES = new RegExp(
  String.raw`(?<![\w.])(?:${ISO_TIME}|${MAIL_DATE}|(?<!:)${CLOCK_TIME}|${DURATION}|${EPOCH})(?![\w:])`,
  "g",
);

/** Terminal sequences, control and formatting characters (bidirectional marks among them), halves of characters. */
const INVISIBLE = /\p{Cc}\[[\d;?]*[A-Za-z]|[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Words of a server as they may be published: the first line that says something, without control characters (which
 * could forge log lines or steer a terminal), without times (a text that changes at each attempt is a new event to
 * whoever compares texts), and at most {@link MESSAGE_LENGTH} characters.
 */
export function publishable(text: string): string {
  for (const line of text.slice(0, READ_LENGTH).split(/[\r\n]+/)) {
    const words = line.replace(/\s+/g, " ").replace(INVISIBLE, "").trim();
    if (words !== "") {
      const timeless = words
        .replace(TIME_IN_BRACKETS, "")
        .replace(TIMES, "…")
        .replace(/…(?: …)+/g, "…");
      return timeless.slice(0, MESSAGE_LENGTH).replace(/\p{Cs}$/u, "");
    }
  }
  return "";
}
