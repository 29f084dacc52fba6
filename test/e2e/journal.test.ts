import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { parseJournal } from "../../src/core/journal.ts";
import { replay } from "../../src/core/replay.ts";
import { type Pod, podsAvailable } from "../support/pod.ts";
import type { PodProcess } from "../support/pod-process.ts";
import { type Gate, podOfTest, startGate } from "./gate-in-pod.ts";

const support = await podsAvailable();

beforeEach(({ skip }) => {
  if (!support.ok) skip(support.reason);
});

const TARGET = "http=http://127.0.0.1:9000/v2/health/ready";

/** A server that says with that status whether it is ready. */
function startServer(pod: Pod, status: number): PodProcess {
  const script = `require("node:http").createServer((q, r) => { r.statusCode = ${status}; r.end("{}"); }).listen(9000, "127.0.0.1")`;
  return pod.spawn(process.execPath, ["-e", script]);
}

function journalOfTest(): string {
  const folder = mkdtempSync(join(tmpdir(), "gate-journal-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "journal");
}

function startRecorded(pod: Pod, journal: string): Promise<Gate> {
  return startGate(pod, { args: ["--preset", "none", "--target", TARGET, "--journal", journal] });
}

async function openGate(pod: Pod, journal: string): Promise<Gate> {
  const gate = await startRecorded(pod, journal);
  await vi.waitFor(async () => expect(await gate.readyz()).toBe(200), { timeout: 10_000 });
  return gate;
}

async function killed(process: PodProcess): Promise<void> {
  process.kill("SIGKILL");
  await process.exited;
}

const startupz = async (pod: Pod) => (await pod.get(9020, "/startupz")).status;
const entriesIn = (journal: string) => parseJournal(readFileSync(journal, "utf8"));

describe("a gate that is started again beside its journal", () => {
  test.each<NodeJS.Signals>(["SIGKILL", "SIGTERM"])(
    "is open at once after %s, though the server cannot be asked just then",
    async (signal) => {
      const pod = await podOfTest();
      const journal = journalOfTest();
      const server = startServer(pod, 200);
      const first = await openGate(pod, journal);
      const before = await first.target("http");
      const { startedAt } = await first.status();
      // The socket goes on listening, and no look succeeds: only the journal can tell that the gate is open.
      server.kill("SIGSTOP");
      first.process.kill(signal);
      await first.process.exited;
      const second = await startRecorded(pod, journal);
      expect(await second.readyz()).toBe(200);
      expect(await startupz(pod)).toBe(200);
      expect(await second.status()).toMatchObject({ ready: true, phase: "ready", startedAt, warnings: [] });
      const after = await second.target("http");
      expect(after).toMatchObject({ ready: true, restarts: 0, timeline: before.timeline });
      // Looks that changed nothing are not recorded.
      expect(after.attempts).toBeGreaterThanOrEqual(1);
      server.kill("SIGCONT");
      await vi.waitFor(async () => expect((await second.target("http")).suspected).toBeNull(), { timeout: 15_000 });
      expect(await second.phases()).toEqual([]);
    },
  );

  test("begins closed when the server was replaced meanwhile, and goes on with the timeline", async () => {
    const pod = await podOfTest();
    const journal = journalOfTest();
    const server = startServer(pod, 200);
    const first = await openGate(pod, journal);
    const before = await first.target("http");
    await killed(first.process);
    await killed(server);
    startServer(pod, 503);
    await vi.waitFor(async () => expect(await pod.connect(9000)).toBe("ok"), { timeout: 10_000 });
    const second = await startRecorded(pod, journal);
    await vi.waitFor(async () => expect(await second.target("http")).toMatchObject({ verdict: { code: "NOT_READY" } }));
    expect([await second.readyz(), await startupz(pod)]).toEqual([503, 503]);
    const { firstProbeAt, listeningAt, readyAt } = before.timeline;
    expect(await second.status()).toMatchObject({ phase: "starting" });
    expect(await second.target("http")).toMatchObject({
      restarts: 1,
      timeline: { firstProbeAt, listeningAt, readyAt },
    });
  });

  test("begins anew in another network namespace", async () => {
    const journal = journalOfTest();
    const pod = await podOfTest();
    startServer(pod, 200);
    const before = await (await openGate(pod, journal)).target("http");
    const other = await podOfTest();
    const second = await startRecorded(other, journal);
    await vi.waitFor(async () =>
      expect(await second.target("http")).toMatchObject({ verdict: { code: "NOT_LISTENING" } }),
    );
    const { timeline } = await second.target("http");
    expect(timeline.firstProbeAt).not.toBe(before.timeline.firstProbeAt);
    expect(timeline.readyAt).toBeNull();
  });

  test("leaves a record of both lives that replays to the same verdicts", async () => {
    const pod = await podOfTest();
    const journal = journalOfTest();
    const first = await startRecorded(pod, journal);
    await vi.waitFor(async () => expect(await first.codes("http")).toEqual(["NOT_LISTENING"]));
    const server = startServer(pod, 200);
    await vi.waitFor(async () => expect(await first.readyz()).toBe(200), { timeout: 10_000 });
    await killed(first.process);
    const second = await startRecorded(pod, journal);
    await killed(server);
    await vi.waitFor(async () => expect(await second.readyz()).toBe(503), { timeout: 20_000 });
    const { entries, isTorn, unreadable } = entriesIn(journal);
    expect({ isTorn, unreadable }).toEqual({ isTorn: false, unreadable: 0 });
    const { verdicts, last } = replay(entries);
    expect(verdicts.map(({ recorded }) => recorded.code)).toEqual(
      expect.arrayContaining(["NOT_LISTENING", "READY", "STOPPED_LISTENING"]),
    );
    expect(verdicts.filter(({ isSame }) => !isSame)).toEqual([]);
    expect(last?.state.targets[0]?.verdict.code).toBe("STOPPED_LISTENING");
  });
});

describe("the journal", () => {
  test("is left alone by a second gate that finds the port taken", async () => {
    const pod = await podOfTest();
    const journal = journalOfTest();
    startServer(pod, 200);
    const first = await openGate(pod, journal);
    const before = readFileSync(journal, "utf8");
    const second = await startRecorded(pod, journal);
    expect(await second.process.exited).toMatchObject({ code: 2 });
    expect(readFileSync(journal, "utf8")).toBe(before);
    expect(await first.readyz()).toBe(200);
  });

  test("that cannot be written is a warning, and the gate opens all the same", async () => {
    const pod = await podOfTest();
    startServer(pod, 200);
    const gate = await openGate(pod, join(journalOfTest(), "no", "folder"));
    const { warnings } = await gate.status();
    expect(warnings).toEqual([expect.stringMatching(/^the journal cannot be written: ENOENT/)]);
    expect(gate.process.stdout().match(/the journal cannot be written/g)).toHaveLength(1);
  });
});
