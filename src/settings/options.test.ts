import { describe, expect, it } from "vitest";
import { shownDefault } from "./option.ts";
import { OPTION_LIST, OPTIONS, optionByKey } from "./options.ts";

describe("the table of options", () => {
  it("holds the contract's variables, flags and defaults", () => {
    expect(OPTION_LIST.map((option) => `${option.variable} ${option.flag} ${shownDefault(option)}`)).toEqual([
      "GATE_PRESET --preset seldon",
      "GATE_HOST --host 127.0.0.1",
      "GATE_TARGETS --target the preset's",
      "GATE_OPEN_ON --open-on ready; preset seldon: live",
      "GATE_AFTER_READY --after-ready live",
      "GATE_PROBE_TIMEOUT --probe-timeout 1s",
      "GATE_BACKOFF_MIN --backoff-min 50ms",
      "GATE_BACKOFF_MAX --backoff-max 100ms",
      "GATE_INTERVAL --interval 5s",
      "GATE_FAILURE_THRESHOLD --failure-threshold 3",
      "GATE_SUCCESS_THRESHOLD --success-threshold 1",
      "GATE_MODELS --model none",
      "GATE_STARTUP_BUDGET --startup-budget 10m; preset seldon: 90s",
      "GATE_DRAIN --drain 0s",
      "GATE_LISTEN --listen :9020",
      "GATE_GRPC_LISTEN --grpc-listen off",
      "GATE_ADMIN_LISTEN --admin-listen 127.0.0.1:9022",
      "GATE_JOURNAL --journal off",
      "GATE_TERMINATION_LOG --termination-log /dev/termination-log where it exists",
      "GATE_POD_IPS --pod-ips found from the interfaces",
      "GATE_LOG_LEVEL --log-level info",
    ]);
  });

  it("repeats flags where the contract does", () => {
    expect(OPTION_LIST.filter((option) => option.isRepeatable).map((option) => option.flag)).toEqual([
      "--target",
      "--model",
    ]);
  });

  it.each(Object.entries(OPTIONS))(
    "keeps %s under its own key, with a variable and a default of its own",
    (key, option) => {
      expect(option.key).toBe(key);
      expect(optionByKey(key)).toBe(option);
      expect(option.variable).toBe(`GATE_${key.replace(/[A-Z]/g, "_$&").toUpperCase()}`);
      expect(option.description).not.toMatch(/\n|^$/);
      if ("text" in option.fallback) {
        expect(option.read([{ text: option.fallback.text, where: "default" }])).toMatchObject({ ok: true });
      }
    },
  );

  it.each(["__proto__", "constructor", "toString", ""])("knows no option %j", (key) => {
    expect(optionByKey(key)).toBeUndefined();
  });
});
