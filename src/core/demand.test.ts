import { describe, expect, it } from "vitest";
import { answered, at, failed, look, refused, silent, skipped, unresolved } from "../../test/support/looks.ts";
import { meets, meetsForOpening } from "./demand.ts";
import type { AnswerKind } from "./observation.ts";

describe("meets", () => {
  it.each<[AnswerKind, boolean, boolean]>([
    ["ready", true, true],
    ["not-ready", true, false],
    ["other", true, false],
    ["no-such-endpoint", false, false],
    ["error", false, false],
    ["wrong-protocol", false, false],
    ["tls", false, false],
    ["unasked", false, false],
    ["closed", false, false],
    ["silence", false, false],
  ])("takes the answer %s as live: %s, ready: %s", (kind, isLive, isReady) => {
    expect(meets("live", look(answered(kind)))).toBe(isLive);
    expect(meets("ready", look(answered(kind)))).toBe(isReady);
  });

  it("is met by nothing short of an answer", () => {
    const looks = [
      look(refused()),
      look(silent()),
      look(failed("timeout")),
      look(skipped("accept-queue")),
      unresolved(),
    ];
    expect(looks.filter((one) => meets("live", one))).toEqual([]);
  });

  it("is met by any address that the host stands for, and by no other", () => {
    expect(meets("ready", look([refused(), at("::1", answered("ready"))]))).toBe(true);
    expect(meets("live", look([refused(), at("10.42.1.7", answered("ready"), { role: "evidence" })]))).toBe(false);
  });
});

describe("meetsForOpening", () => {
  const pending = answered("ready", { modelsPending: ["iris"] });

  it("asks for the models as well, which later looks do not", () => {
    expect(meetsForOpening("ready", look(pending))).toBe(false);
    expect(meetsForOpening("live", look(pending))).toBe(false);
    expect(meets("ready", look(pending))).toBe(true);
    expect(meetsForOpening("ready", look(answered("ready")))).toBe(true);
  });

  it("is met when one address has all models, whatever another one lacks", () => {
    expect(meetsForOpening("ready", look([pending, at("::1", answered("ready"))]))).toBe(true);
  });

  it("does not take the answer of one address for the models of another", () => {
    expect(meetsForOpening("ready", look([pending, at("::1", answered("not-ready"))]))).toBe(false);
  });
});
