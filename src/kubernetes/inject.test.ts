import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ALL_AND_OTHERWISE, ANNOTATED_ONLY, injected, problemsOf } from "../../test/support/injecting.ts";

const pod = (spec: string, metadata = "name: p, annotations: {readiness-gate.dev/inject: 'true'}") =>
  `apiVersion: v1\nkind: Pod\nmetadata: {${metadata}}\nspec:\n${spec}`;
const ONE = "  containers:\n  - name: a\n    image: a\n";

interface Named {
  readonly name: string;
}

describe("broken manifests are refused whole, with the place", () => {
  it.each([
    ["a: b: c\n", "stdin:1:4: Nested mappings are not allowed in compact mappings"],
    [`${pod(ONE)}---\na: 1\n\tb: 2\n`, "stdin:10:1: Tabs are not allowed"],
    ["a: 'b\n", "stdin:2:1: Missing closing 'quote"],
    ["x: 1\n---\na: [1, 2\n", "stdin:4:1: "],
    ["a: *nowhere\nb: &nowhere 1\n", "stdin:1:4: There is no anchor nowhere before"],
    ["\r\n\r\n{\r\n]\r\n", "stdin:4:1: "],
    ["# a directive with no document\n%YAML 1.2\n", "stdin:3:1: Missing directives-end indicator line"],
  ])("%j", async (text, problem) => {
    expect((await problemsOf(text))[0]).toContain(problem);
  });

  it("also those that are nested so deep that reading them would overflow the stack", async () => {
    const expected = [expect.stringMatching(/^stdin:\d+:\d+: nested more than 200 levels deep$/)];
    expect(await problemsOf("[".repeat(100_000))).toEqual(expected);
    expect(await problemsOf(`a: 1\n---\n${"- ".repeat(5_000)}`)).toEqual(expected);
    expect(await problemsOf('{"a":'.repeat(5_000))).toEqual(expected);
    expect(await problemsOf(`a: ${"[".repeat(150)}${"]".repeat(150)}`)).toEqual([]);
  });

  it("also those whose aliases make too much of them, and merge keys that merge nothing", async () => {
    const lines = Array.from({ length: 12 }, (_, i) => `  - &a${i + 1} [${Array(10).fill(`*a${i}`).join(", ")}]\n`);
    expect(await problemsOf(`kind: Pod\nbomb:\n  - &a0 x\n${lines.join("")}`)).toHaveLength(1);
    expect(await problemsOf("kind: Pod\n<<: 1\n")).toEqual([expect.stringContaining("stdin:1: Merge sources")]);
    expect(await problemsOf("kind: Pod\na: &a [*a]\n")).toHaveLength(1);
  });

  it("and annotations that say nothing that is known", async () => {
    const named = (annotations: string) => pod(ONE, `name: p, annotations: {${annotations}}`);
    expect(await problemsOf(named("readiness-gate.dev/inject: 'yes'"))).toEqual([
      'stdin:1: Pod p: the annotation readiness-gate.dev/inject is "yes", expected "true" or "false"',
    ]);
    expect(await problemsOf(named("readiness-gate.dev/inject: 'true', readiness-gate.dev/mode: wait"))).toEqual([
      'stdin:1: Pod p: the annotation readiness-gate.dev/mode is "wait", expected one of observe, ready, hold',
    ]);
  });
});

describe("what anchors share", () => {
  const list = (first: string, second: string) =>
    `kind: List\napiVersion: v1\nitems:\n${first}${second}`.replaceAll("POD", "apiVersion: v1, kind: Pod");

  it("is changed for all when all are to change", async () => {
    const text = list(
      "- {POD, metadata: &m {name: a, annotations: {readiness-gate.dev/inject: 'true'}}, spec: &s {containers: [{name: a}]}}\n",
      "- {POD, metadata: *m, spec: *s}\n",
    );
    const { text: after, count } = await injected(text);
    expect(count).toBe(2);
    expect(after.split("GATE_JOURNAL").length).toBe(2);
  });

  it("is refused when one of them is not to change", async () => {
    const text = list(
      "- {POD, metadata: {name: a, annotations: {readiness-gate.dev/inject: 'true'}}, spec: &s {containers: [{name: a}]}}\n",
      "- {POD, metadata: {name: b}, spec: *s}\n",
    );
    expect(await problemsOf(text)).toEqual([expect.stringContaining("an anchor shares parts of this document")]);
  });
});

describe("which pods get the gate", () => {
  const labelled = pod(ONE, "name: p, labels: {app: iris, tier: x}");
  const by = (...labels: [string, string][]) => {
    return { ...ANNOTATED_ONLY, selection: { ...ANNOTATED_ONLY.selection, labels: new Map(labels) } };
  };

  it("none without annotation or selection", async () => {
    expect(await injected(labelled)).toEqual({ text: labelled, notes: [], count: 0 });
  });

  it("those that have all the labels", async () => {
    expect((await injected(labelled, by(["app", "iris"]))).count).toBe(1);
    expect((await injected(labelled, by(["app", "iris"], ["tier", "x"]))).count).toBe(1);
    expect((await injected(labelled, by(["app", "iris"], ["tier", "y"]))).count).toBe(0);
    expect((await injected(labelled, by(["constructor", ""]))).count).toBe(0);
  });

  it("all but those whose annotation says no", async () => {
    const refusing = pod(ONE, "name: p, annotations: {readiness-gate.dev/inject: 'false'}");
    expect((await injected(`${labelled}---\n${refusing}`, ALL_AND_OTHERWISE)).count).toBe(1);
  });

  it("none of a kind that only has the name of one that is known", async () => {
    const foreign = pod(ONE).replace("apiVersion: v1", "apiVersion: example.dev/v1");
    expect((await injected(foreign, ALL_AND_OTHERWISE)).text).toBe(foreign);
  });

  it("those whose kind comes by a merge key too", async () => {
    const { count } = await injected(
      `x: &x {apiVersion: v1, kind: Pod}\n<<: *x\n${pod(ONE).split("\n").slice(2).join("\n")}`,
    );
    expect(count).toBe(1);
  });
});

describe("where the gate goes", () => {
  const names = async (text: string, list: string, options = ANNOTATED_ONLY): Promise<readonly string[]> => {
    const spec = (parse((await injected(text, options)).text) as { spec: Record<string, readonly Named[]> }).spec;
    return (spec[list] ?? []).map(({ name }) => name);
  };
  const three = "  containers: [{name: a}, {name: mlserver}, {name: b}]\n";
  const holding = { ...ANNOTATED_ONLY, selection: { ...ANNOTATED_ONLY.selection, mode: "hold" as const } };

  it("behind the last container, and right behind the server's where it holds", async () => {
    expect(await names(pod(three), "containers")).toEqual(["a", "mlserver", "b", "readiness-gate"]);
    expect(await names(pod(three), "containers", holding)).toEqual(["a", "mlserver", "readiness-gate", "b"]);
  });

  it("behind the container that is named as the server's, else the first", async () => {
    const serverContainer = "a";
    expect(await names(pod(three), "containers", { ...holding, serverContainer })).toEqual([
      "a",
      "readiness-gate",
      "mlserver",
      "b",
    ]);
    const { notes } = await injected(pod(three), { ...holding, serverContainer: "c" });
    expect(notes[0]).toContain("has no container c: a counts as the server");
  });

  it("before all containers where it holds for a server that is a native sidecar", async () => {
    const native = `  initContainers: [{name: mlserver, restartPolicy: Always}]\n${ONE}`;
    expect(await names(pod(native), "containers", holding)).toEqual(["readiness-gate", "a"]);
  });

  it("in initContainers as a native sidecar, with a startup probe only when the server starts before it", async () => {
    const before = `  initContainers: [{name: mlserver, restartPolicy: Always}, {name: migrate}]\n${ONE}`;
    const native = { ...ANNOTATED_ONLY, isNative: true };
    expect(await names(pod(before), "initContainers", native)).toEqual(["mlserver", "readiness-gate", "migrate"]);
    expect((await injected(pod(before), native)).text).toContain("/startupz?release=120s");
    const { text } = await injected(pod(ONE), native);
    expect(text).toContain("restartPolicy: Always");
    expect(text).not.toContain("startupz");
  });

  it("nowhere where the pod spec cannot be read", async () => {
    for (const spec of [
      "  containers: {}\n",
      "  containers: []\n",
      "  containers: [1]\n",
      "  x: 1\n",
      `${ONE}  volumes: no\n`,
    ]) {
      expect(await injected(pod(spec))).toMatchObject({
        text: pod(spec),
        count: 0,
        notes: [expect.stringContaining("left as it is")],
      });
    }
  });
});

describe("variables that are given", () => {
  it("take the place of the gate's own, and stay text", async () => {
    const variables = [
      { name: "GATE_DRAIN", value: "5s" },
      { name: "GATE_TARGETS", value: "x=tcp://a:1" },
      { name: "GATE_LOG_LEVEL", value: "yes" },
      { name: "GATE_MODELS", value: "0x10" },
    ];
    const { text } = await injected(pod(ONE), { ...ANNOTATED_ONLY, variables });
    expect(text.match(/GATE_DRAIN/g)).toHaveLength(1);
    for (const { name, value } of variables) expect(text).toContain(`- name: ${name}\n      value: "${value}"\n`);
  });
});
