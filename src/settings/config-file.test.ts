import { describe, expect, it } from "vitest";
import { complaints, loaded } from "./load-for-tests.ts";
import { OPTIONS } from "./options.ts";

describe("the file", () => {
  it("takes scalars, lists, comments and anchors", async () => {
    const file = [
      "# gate",
      "preset: none",
      "failureThreshold: 5",
      "listen: :9120",
      "interval: &d 2s",
      "probeTimeout: *d",
      "targets:",
      "  - a=http://h/x",
      "  - b=tcp://h:1",
      "podIps: 10.0.0.1, fd00::1",
      "models: [m, 007]",
    ];
    const { settings, origins } = await loaded({ file: file.join("\n") });
    expect(settings).toMatchObject({
      policy: { failureThreshold: 5, intervalMs: 2_000, probeTimeoutMs: 2_000 },
      listen: { host: null, port: 9120 },
      podIps: ["10.0.0.1", "fd00::1"],
      models: ["m", "007"],
    });
    expect(settings.targets.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(origins).toMatchObject({ targets: "file", interval: "file" });
  });

  it.each(["", "# nothing\n", "---\n", "{}"])("may be empty: %j", async (file) => {
    expect(await complaints({ file })).toEqual([]);
  });

  it.each([
    [
      "probeTimeot: 1s",
      'probeTimeot (gate.yaml:1:1): got "probeTimeot", expected a setting; did you mean probeTimeout?',
    ],
    ["interval: 1s\n  x: 2", /^gate\.yaml \(gate\.yaml:\d:\d+\): got ".*", expected valid YAML: /],
    [
      "interval: 1s\ninterval: 2s",
      'gate.yaml (gate.yaml:2:1): got "interval: 2s", expected valid YAML: Map keys must be unique',
    ],
    [
      "- interval",
      'gate.yaml (gate.yaml:1:1): got "- interval", expected settings, one on each line, such as probeTimeout: 2s',
    ],
    [
      "interval",
      'gate.yaml (gate.yaml:1:1): got "interval", expected settings, one on each line, such as probeTimeout: 2s',
    ],
    [
      "interval: [1s]",
      'interval (gate.yaml:1:11 interval): got "[1s]", expected a duration from 100ms to 1h, such as 250ms, 1.5s or 1m30s, as one value',
    ],
    [
      "journal: {a: b}",
      'journal (gate.yaml:1:10 journal): got "{a: b}", expected the path of a file, at most 4096 characters, as one value',
    ],
    ["podIps:\n  - 10.0.0.1\n  - x", 'podIps (gate.yaml:3:5 podIps): got "x", expected an IP address without a zone'],
    [
      "podIps: [[x]]",
      'podIps (gate.yaml:1:9 podIps): got "[[x]]", expected an IP address without a zone, as one value or a list of them',
    ],
  ])("is refused: %j", async (file, message) => {
    const [first] = await complaints({ file });
    if (typeof message === "string") expect(first).toBe(message);
    else expect(first).toMatch(message);
  });

  it("is refused when it is long, or nested deeper than the parser's stack", async () => {
    expect(await complaints({ file: `a: ${"x".repeat(65_536)}` })).toEqual([
      'gate.yaml (gate.yaml): got "65539 characters", expected at most 65536 characters',
    ]);
    for (const nesting of ["[", "{a: ", "- ", "? ", "- [{", "[a, "]) {
      const file = nesting.repeat(60_000 / nesting.length);
      expect((await complaints({ file })).at(0)).toMatch(
        /^gate\.yaml .*, expected (?:valid YAML: |settings that are not nested$)/,
      );
    }
    const stairs = Array.from({ length: 300 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n");
    expect((await complaints({ file: stairs })).at(0)).toMatch(
      /^gate\.yaml .*, expected settings that are not nested$/,
    );
  });

  it("lists all keys when none is near", async () => {
    const keys = Object.keys(OPTIONS).join(", ");
    expect(await complaints({ file: "__proto__: 1" })).toEqual([
      `__proto__ (gate.yaml:1:1): got "__proto__", expected one of the settings ${keys}`,
    ]);
    expect(await complaints({ file: "? [a]\n: 1" })).toEqual([
      `gate.yaml (gate.yaml:1:3): got "[a]", expected one of the settings ${keys}`,
    ]);
  });
});
