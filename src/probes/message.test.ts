import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MESSAGE_LENGTH, publishable } from "./message.ts";

describe("publishable", () => {
  it.each([
    ["Connection dropped", "Connection dropped"],
    [
      "No connection. Last error: Failed to connect (2026-11-24T13:42:01.123Z). Note: ",
      "No connection. Last error: Failed to connect. Note:",
    ],
    [
      "Deadline exceeded after 2.501s,LB pick: 0.007s,remote_addr=127.0.0.1:9500",
      "Deadline exceeded after …,LB pick: …,remote_addr=127.0.0.1:9500",
    ],
    ["connect ECONNREFUSED 127.0.0.1:9500", "connect ECONNREFUSED 127.0.0.1:9500"],
    ["connect ECONNREFUSED ::1:9500", "connect ECONNREFUSED ::1:9500"],
    ["loading 3 models, 12 of 40", "loading 3 models, 12 of 40"],
    ["started at 13:42:01,123 and took 41 s", "started at … and took …"],
    ['{"timestamp":"2026-11-24T13:42:01Z","epoch":1795527721123}', '{"timestamp":"…","epoch":…}'],
    ["220 mail ESMTP Tue, 24 Nov 2026 13:42:01 +0000", "220 mail ESMTP …"],
    ["\n\n  first\nsecond", "first"],
    ["\u001b[31mred\u001b[0m\u0000 bell\u0007", "red bell"],
    ["", ""],
  ])("makes of %j: %j", (text, words) => {
    expect(publishable(text)).toBe(words);
  });

  it("gives one bounded, well-formed line of visible characters for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 600 }), (text) => {
        const words = publishable(text);
        expect(words.length).toBeLessThanOrEqual(MESSAGE_LENGTH);
        expect(words).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(() => encodeURIComponent(words)).not.toThrow();
      }),
    );
  });

  it("is the same for two attempts that differ in their times only", () => {
    fc.assert(
      fc.property(
        fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }),
        fc.nat(100_000),
        (at, ms) => {
          const text = (time: Date, lengthMs: number): string =>
            `failed (${time.toISOString()}) after ${lengthMs / 1000}s`;
          expect(publishable(text(at, ms))).toBe(publishable(text(new Date(0), 5)));
        },
      ),
    );
  });

  it("takes bounded time for hostile text", () => {
    const beganMs = performance.now();
    publishable("1:".repeat(1_000_000));
    publishable(`${"2026-11-24 ".repeat(100_000)}`);
    publishable(" \u0000".repeat(1_000_000));
    expect(performance.now() - beganMs).toBeLessThan(1000);
  });
});
