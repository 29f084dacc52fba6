import type { PathLook } from "../../src/core/observation.ts";
import type { Burst, RefusalProof } from "../../src/core/proof.ts";
import type { SnapshotListener, Surroundings } from "../../src/core/snapshot.ts";
import { type FakeView, fakeView } from "../support/fake-view.ts";
import { answered, at, failed, listening, look, moment, silent, unbound } from "../support/looks.ts";

/** What a person may find the gate in: each the same each time, by the same functions that move a real gate. */

const POD = "10.42.0.7";

const OWN: readonly SnapshotListener[] = [
  { address: "127.0.0.1", port: 9022, uid: 65532, own: true },
  { address: "::", port: 9020, uid: 65532, own: true },
];

const RCLONE: SnapshotListener = { address: "::", port: 5572, uid: 1000, own: false };
const HTTP: SnapshotListener = { address: "0.0.0.0", port: 9000, uid: 1000, own: false };
const GRPC: SnapshotListener = { address: "0.0.0.0", port: 9500, uid: 1000, own: false };

function surroundings(more: Partial<Surroundings>): Partial<Surroundings> {
  return {
    loopback: { ipv4: "ok", ipv6: "ok" },
    evidenceSources: { listenTable: "proven", resetCounters: "proven", icmpCounters: "unproven" },
    ...more,
  };
}

/** Latencies that differ from look to look, and not from run to run. */
function wobble(index: number, ms: number): number {
  return Math.round(ms * (1 + 0.6 * Math.abs(Math.sin(index * 1.7)) + (index % 11 === 7 ? 1.5 : 0)) * 100) / 100;
}

function onBoth(path: PathLook): readonly PathLook[] {
  return [path, at(POD, path, { role: "evidence" })];
}

const notListening = () => onBoth(failed("refused", { refusedBy: "kernel", ms: 0.2 }));

const ASKED_OVER_GRPC = "inference.GRPCInferenceService/ServerReady";

const httpSilence = (index: number) => onBoth({ ...silent(), connect: ok(index) });

const grpcSilence = (index: number) => onBoth({ ...silent({ asked: ASKED_OVER_GRPC }), connect: ok(index) });

const ok = (index: number) => ({ outcome: "ok", errno: null, refusedBy: null, ms: wobble(index, 0.12) }) as const;

function httpAnswer(kind: "ready" | "not-ready", index: number): readonly PathLook[] {
  return onBoth({ ...answered(kind, { ms: wobble(index, 2.1) }), connect: ok(index) });
}

function grpcAnswer(kind: "ready" | "not-ready", index: number): readonly PathLook[] {
  const message = kind === "ready" ? "ready=true" : "ready=false";
  return onBoth({
    ...answered(kind, { ms: wobble(index, 3.4), code: "GRPC_OK", asked: ASKED_OVER_GRPC, message }),
    connect: ok(index),
  });
}

function rcloneAnswer(index: number): PathLook {
  return { ...answered("ready", { code: "TCP_CONNECTED", asked: "connect", ms: 0 }), connect: ok(index) };
}

/** Goes on by a step and takes the looks that are due. */
function play(view: FakeView, { untilMs, stepMs }: { untilMs: number; stepMs: number }, take: (ms: number) => void) {
  for (;;) {
    const nowMs = view.clock.now().monotonicMs;
    if (nowMs >= untilMs) return;
    take(nowMs);
    view.clock.advance(Math.min(stepMs, untilMs - nowMs));
  }
}

const grpcSocket = { address: "0.0.0.0", port: 9500, inode: 21641 };
const httpSocket = { address: "0.0.0.0", port: 9000, inode: 21650 };

/** A server that took 41 s until it bound its ports, and 11 s more until it answered; gRPC is still busy. */
export function slowStart(untilMs = 63_400): FakeView {
  const view = fakeView({ surroundings: surroundings({ listeners: [...OWN, RCLONE, GRPC, HTTP] }) });
  play(view, { untilMs, stepMs: 600 }, (ms) => {
    const index = Math.round(ms / 600);
    if (index % 8 === 0) view.look("rclone", look(rcloneAnswer(index), { listen: listening({ port: 5572 }) }));
    takeSlowHttp(view, ms, index);
    takeSlowGrpc(view, ms, index);
  });
  return view;
}

function takeSlowHttp(view: FakeView, ms: number, index: number): void {
  if (ms < 42_000) view.look("http", look(notListening(), { listen: unbound(5572, 9020, 9022) }));
  else if (ms < 53_000) view.look("http", look(httpSilence(index), { listen: listening(httpSocket) }));
  else view.look("http", look(httpAnswer("not-ready", index), { listen: listening(httpSocket) }));
}

function takeSlowGrpc(view: FakeView, ms: number, index: number): void {
  if (ms < 41_000) view.look("grpc", look(notListening(), { listen: unbound(5572, 9020, 9022) }));
  else view.look("grpc", look(grpcSilence(index), { listen: listening(grpcSocket) }));
}

/** The same server, ready at last, and the gate open. */
export function openGate(): FakeView {
  const view = slowStart(64_800);
  play(view, { untilMs: 150_000, stepMs: 1200 }, (ms) => {
    const index = Math.round(ms / 1200);
    view.look("http", look(httpAnswer("ready", index), { listen: listening(httpSocket) }));
    view.look("grpc", look(grpcAnswer("ready", index), { listen: listening(grpcSocket) }));
  });
  return view;
}

function burst(atMs: number, resetsSent: number): Burst {
  return {
    at: moment(atMs),
    attempts: 3,
    refused: 3,
    ms: 0.4,
    resetsSent,
    attemptFails: 3,
    icmpUnreachable: 0,
  };
}

/** Two bursts that the kernel's TCP knows nothing of, beside a control that it refused itself. */
function ruleProof(ms: number, inodes: readonly number[]): RefusalProof {
  return {
    bursts: [
      { ...burst(ms - 300, 0), inodes },
      { ...burst(ms, 0), inodes },
    ],
    control: burst(ms, 3),
    trackedConnections: 2,
  };
}

/** A rule refuses gRPC on loopback while HTTP comes up as it should. */
export function blocked(): FakeView {
  const view = fakeView({
    surroundings: surroundings({
      listeners: [...OWN, RCLONE, GRPC, HTTP],
      findings: [
        {
          code: "MESH_REDIRECT",
          target: "",
          summary: "a mesh's proxy runs in this pod: rules of the nat table send connections through it",
          remedy:
            "Exclude the ports 9000 and 9500 from the mesh (Istio: `traffic.sidecar.istio.io/excludeInboundPorts`).",
          evidence: ["port 15006 listens, user 1337"],
        },
      ],
    }),
  });
  play(view, { untilMs: 74_000, stepMs: 1000 }, (ms) => {
    const index = Math.round(ms / 1000);
    if (index % 8 === 0) view.look("rclone", look(rcloneAnswer(index), { listen: listening({ port: 5572 }) }));
    takeQuickHttp(view, ms, index);
    takeBlockedGrpc(view, ms);
  });
  return view;
}

function takeQuickHttp(view: FakeView, ms: number, index: number): void {
  if (ms < 30_000) view.look("http", look(notListening(), { listen: unbound(5572, 9020, 9022) }));
  else if (ms < 36_000) view.look("http", look(httpSilence(index), { listen: listening(httpSocket) }));
  else view.look("http", look(httpAnswer("ready", index), { listen: listening(httpSocket) }));
}

function takeBlockedGrpc(view: FakeView, ms: number): void {
  const isBound = ms >= 30_000;
  const proof = { refusal: ruleProof(ms, isBound ? [grpcSocket.inode] : []), timeout: null, canary: "ok" } as const;
  const refusedByRule = failed("refused", { refusedBy: "firewall", ms: 0.1 });
  const paths = [
    { ...refusedByRule, proof },
    at(POD, failed("refused", { refusedBy: "firewall", ms: 0.1 }), { role: "evidence" }),
  ];
  view.look("grpc", look(paths, { listen: isBound ? listening(grpcSocket) : unbound(5572, 9020, 9022) }));
}

/** A server that ends again and again while it starts. */
export function crashLoop(): FakeView {
  const view = fakeView({ surroundings: surroundings({ listeners: [...OWN, RCLONE] }) });
  play(view, { untilMs: 100_000, stepMs: 1000 }, (ms) => {
    const life = Math.floor(ms / 20_000);
    const ageMs = ms % 20_000;
    for (const name of ["http", "grpc"]) {
      const socket = { ...(name === "http" ? httpSocket : grpcSocket), inode: 500 + 10 * life };
      const isUp = ageMs >= 8_000 && ageMs < 17_000;
      view.look(name, isUp ? look(httpSilence(life), { listen: listening(socket) }) : look(notListening()));
    }
  });
  return view;
}

/** What a hostile server puts where a page may take it for markup. */
export const MARKUP = `"'></code></script></style><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;

/** Servers whose every word is an attack on the page, and on who reads it. */
export function hostile(): FakeView {
  const text = `${MARKUP} \u202etxt.exe\u0007`;
  const view = fakeView({
    surroundings: surroundings({
      warnings: [text],
      findings: [{ code: text, target: text, summary: text, remedy: text, evidence: [text] }],
    }),
  });
  view.look("http", look(answered("error", { message: text, code: text, asked: text })));
  view.look("grpc", look(answered("not-ready", { message: text, code: text, modelsPending: [text] })));
  view.clock.advance(1000);
  return view;
}

/** All scenes that a page may show, by what a person would call them. */
export const SCENES: readonly (readonly [string, () => FakeView])[] = [
  ["a slow start", slowStart],
  ["an open gate", openGate],
  ["a block", blocked],
  ["a crash loop", crashLoop],
  ["a hostile server", hostile],
];
