import { describe, expect, it } from "vitest";
import {
  answered,
  grpcTarget,
  httpTarget,
  listening,
  look,
  moment,
  POLICY,
  refused,
  START,
} from "../../test/support/looks.ts";
import { newGate, onLook } from "./gate.ts";
import { type Surroundings, snapshotOf } from "./snapshot.ts";

const SURROUNDINGS: Surroundings = {
  netns: 4_026_532_011,
  loopback: { ipv4: "ok", ipv6: "absent" },
  listeners: [{ address: "0.0.0.0", port: 9000, uid: 1000, own: false }],
  evidenceSources: { listenTable: "proven", resetCounters: "unproven", icmpCounters: "absent" },
  findings: [],
  warnings: ["the journal cannot be written"],
};

const gate = newGate([httpTarget(), grpcTarget()], { ...POLICY, openOn: "live" }, START);
const listen = listening({ inode: 21_641 });
const first = onLook(gate, "http", look(answered("not-ready"), { atMs: 1000, listen })).state;
const open = onLook(first, "grpc", look(answered("ready"), { atMs: 2000 })).state;

describe("the snapshot", () => {
  it("shows a gate that has looked at nothing yet", () => {
    const snapshot = snapshotOf(gate, SURROUNDINGS, START);
    expect(snapshot).toMatchObject({
      schema: "readiness-gate/v1",
      ready: false,
      phase: "starting",
      startedAt: "2026-11-24T12:00:00.000Z",
      now: "2026-11-24T12:00:00.000Z",
      verdict: { code: "UNKNOWN", class: "unknown", target: "http", summary: "not looked at yet", evidence: [] },
    });
    expect(snapshot.targets[0]).toMatchObject({ bind: [], paths: [], attempts: 0, errors: {}, suspected: null });
    expect(Object.values(snapshot.targets[0]?.timeline ?? {})).toEqual(Array(7).fill(null));
  });

  it("shows every field of a target, times in UTC", () => {
    const [http] = snapshotOf(first, SURROUNDINGS, moment(1500)).targets;
    expect(http).toEqual({
      name: "http",
      url: "http://127.0.0.1:9000/v2/health/ready",
      required: true,
      ready: true,
      verdict: {
        code: "NOT_READY",
        class: "slow-startup",
        summary: "127.0.0.1:9000 answers HTTP_400: not ready",
        remedy: expect.stringContaining("Wait for the models."),
        since: "2026-11-24T12:00:01.000Z",
        evidence: [
          "listening on 0.0.0.0:9000 since 2026-11-24T12:00:01.000Z, inode 21641, uid 1000",
          "connected to 127.0.0.1:9000 in 0.25 ms",
          "GET /v2/health/ready: HTTP_400 after 3 ms",
        ],
      },
      bind: [
        {
          address: "0.0.0.0",
          port: 9000,
          inode: 21_641,
          uid: 1000,
          acceptQueue: 0,
          since: "2026-11-24T12:00:01.000Z",
        },
      ],
      paths: [
        {
          address: "127.0.0.1",
          role: "target",
          connect: { outcome: "ok", errno: null, refusedBy: null, ms: 0.25 },
          answer: {
            kind: "not-ready",
            code: "HTTP_400",
            asked: "GET /v2/health/ready",
            message: "",
            ms: 3,
            modelsPending: [],
          },
          skipped: null,
        },
      ],
      timeline: {
        firstProbeAt: "2026-11-24T12:00:00.999Z",
        listeningAt: "2026-11-24T12:00:01.000Z",
        connectedAt: "2026-11-24T12:00:01.000Z",
        answeredAt: "2026-11-24T12:00:01.000Z",
        readyAt: null,
        lostAt: null,
        backAt: null,
      },
      attempts: 1,
      errors: { HTTP_400: 1 },
      lastError: { at: "2026-11-24T12:00:01.000Z", layer: "readiness", code: "HTTP_400", message: "" },
      restarts: 0,
      restartedAt: [],
      suspected: null,
    });
  });

  it("can be open beside a target that says that it is not ready", () => {
    expect(snapshotOf(open, SURROUNDINGS, moment(2000))).toMatchObject({
      ready: true,
      phase: "ready",
      verdict: { code: "NOT_READY", target: "http" },
    });
  });

  it("shows what failing looks point to before it is a verdict", () => {
    const { state } = onLook(open, "grpc", look(refused(), { atMs: 3000 }));
    expect(snapshotOf(state, SURROUNDINGS, moment(3000)).targets[1]).toMatchObject({
      ready: true,
      verdict: { code: "READY" },
      suspected: { code: "STOPPED_LISTENING", since: "2026-11-24T12:00:03.000Z", looks: 1 },
    });
  });

  it("shows the gate's surroundings as they were given", () => {
    expect(snapshotOf(gate, SURROUNDINGS, START)).toMatchObject({ ...SURROUNDINGS });
  });

  it("is plain data", () => {
    const snapshot = snapshotOf(open, SURROUNDINGS, moment(2000));
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
  });
});
