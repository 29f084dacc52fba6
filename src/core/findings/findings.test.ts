import { describe, expect, it } from "vitest";
import {
  answered,
  at,
  failed,
  grpcTarget,
  httpTarget,
  listening,
  look,
  moment,
  rcloneTarget,
  refused,
  remote,
  socket,
  unbound,
} from "../../../test/support/looks.ts";
import { sceneOf, stateAfter } from "../../../test/support/scenes.ts";
import type { ListeningSocket } from "../observation.ts";
import { type ClientRecord, rememberClients } from "./clients.ts";
import { findingsOf } from "./findings.ts";
import { isHostNetwork } from "./host-network.ts";
import type { Scene } from "./scene.ts";

const codesOf = (scene: Scene) => findingsOf(scene).map(({ code, target }) => [code, target]);
const onPorts = (...ports: readonly number[]): readonly ListeningSocket[] => ports.map((port) => socket({ port }));
const grpcListening = (address: string) => listening({ address, port: 9500, inode: 7 });
const ready = answered("ready");
const evidence = (address: string, path = refused()) => at(address, path, { role: "evidence" });

/** Both targets ready on sockets that serve IPv4 alone. */
const healthy = stateAfter([
  ["http", look(ready)],
  ["grpc", look(ready, { listen: grpcListening("0.0.0.0") })],
]);

describe("a pod in order", () => {
  it("gives no finding, before the first look and when ready", () => {
    expect(codesOf(sceneOf(stateAfter([]), 0))).toEqual([]);
    expect(codesOf(sceneOf(healthy, 5000))).toEqual([]);
  });
});

describe("HOST_NETWORK", () => {
  it.each([
    "cni0",
    "flannel.1",
    "cali0123456789a",
    "docker0",
    "cilium_host",
    "veth1a2b3c4d",
    "kube-ipvs0",
    "vxlan.calico",
    "br-0123456789ab",
    "eni0123456789a",
  ])("is told by the interface %s", (name) => {
    const scene = sceneOf(healthy, 0, { interfaces: ["lo", "eth0", name] });
    expect(findingsOf(scene)).toMatchObject([
      { code: "HOST_NETWORK", target: "", evidence: [expect.stringContaining(name)] },
    ]);
    expect(isHostNetwork(scene)).toBe(true);
  });

  it.each([
    "lo",
    "eth0",
    "eth0-far",
    "net1",
    "tunl0",
    "sit0",
    "ip6tnl0",
    "wg0",
    "calico",
    "veth",
    "vethernet",
    "br-lan",
  ])("is not told by %s, which a pod may have", (name) =>
    expect(isHostNetwork({ interfaces: [name], listeners: [] })).toBe(false),
  );

  it("is told by the kubelet's ports together, and by neither alone", () => {
    expect(isHostNetwork({ interfaces: [], listeners: onPorts(10_250, 10_248) })).toBe(true);
    expect(isHostNetwork({ interfaces: [], listeners: onPorts(10_250) })).toBe(false);
  });

  it("names a few of many interfaces", () => {
    const interfaces = Array.from({ length: 300 }, (_, index) => `veth${index.toString(16).padStart(8, "0")}`);
    const [finding] = findingsOf(sceneOf(healthy, 0, { interfaces }));
    expect(finding?.evidence[0]).toMatch(/veth00000007, and 292 more$/);
  });
});

describe("MESH_REDIRECT", () => {
  it("is told by both capture ports of a mesh, and lists its other ports", () => {
    const [finding] = findingsOf(sceneOf(healthy, 0, { listeners: onPorts(15_001, 15_006, 15_021, 9000) }));
    expect(finding).toMatchObject({ code: "MESH_REDIRECT", summary: expect.stringContaining("Istio") });
    expect(finding?.evidence).toHaveLength(3);
    expect(codesOf(sceneOf(healthy, 0, { listeners: onPorts(4140, 4143, 4191) }))).toEqual([["MESH_REDIRECT", ""]]);
  });

  it("is not told by one port, nor by one of each mesh", () => {
    expect(codesOf(sceneOf(healthy, 0, { listeners: onPorts(15_001, 15_020, 4143) }))).toEqual([]);
  });
});

describe("LOOPBACK_ONLY", () => {
  const bound = listening({ address: "127.0.0.1" });

  it("is told of a port that answers on loopback and is closed on the pod's address", () => {
    const state = stateAfter([["http", look([ready, evidence("10.42.0.7"), evidence("::1")], { listen: bound })]]);
    const [finding] = findingsOf(sceneOf(state, 2000));
    expect(finding).toMatchObject({ code: "LOOPBACK_ONLY", target: "http" });
    expect(finding?.evidence).toContain("connect to 10.42.0.7:9000: refused, and no socket serves that address");
    expect(finding?.evidence.join("\n")).not.toContain("[::1]");
  });

  it.each([
    ["the pod's address takes connections", evidence("10.42.0.7", answered("ready"))],
    ["a socket serves the address, so that a rule refuses", evidence("10.42.0.7"), listening({ address: "0.0.0.0" })],
    ["the connect vanishes", evidence("10.42.0.7", failed("timeout"))],
    ["the address is another pod's", remote(refused(), "10.42.1.7")],
    ["nothing but loopback was tried", evidence("::1")],
  ])("is not told when %s", (_why, other, listen = bound) => {
    const state = stateAfter([["http", look([ready, other], { listen })]]);
    expect(codesOf(sceneOf(state, 2000))).toEqual([]);
  });

  it("is told of a target at the pod's address, too", () => {
    const own = at("10.42.0.7", refused());
    const paths = [own, evidence("127.0.0.1", answered("ready"))];
    const state = stateAfter([["http", look(paths, { listen: bound })]]);
    expect(codesOf(sceneOf(state, 2000))).toEqual([["LOOPBACK_ONLY", "http"]]);
  });
});

describe("FAMILY_MISMATCH", () => {
  const bothBound = (http: string, grpc: string) =>
    stateAfter([
      ["http", look(ready, { listen: listening({ address: http }) })],
      ["grpc", look(ready, { listen: grpcListening(grpc) })],
    ]);

  it("is told of MLServer's default: gRPC on both families, HTTP on IPv4", () => {
    const [finding] = findingsOf(sceneOf(bothBound("0.0.0.0", "::"), 2000));
    expect(finding).toMatchObject({
      code: "FAMILY_MISMATCH",
      target: "http",
      summary: "grpc serves IPv6 and http does not",
    });
    expect(finding?.evidence).toEqual(["http listens on 0.0.0.0:9000", "grpc listens on [::]:9500"]);
  });

  it.each([
    ["0.0.0.0", "0.0.0.0"],
    ["::", "::"],
    ["::1", "::"],
    ["127.0.0.1", "::ffff:127.0.0.1"],
  ])("is not told of %s beside %s", (http, grpc) => {
    expect(codesOf(sceneOf(bothBound(http, grpc), 2000))).toEqual([]);
  });

  it("needs IPv6 to exist, and takes no notice of what is not required or not bound", () => {
    expect(codesOf(sceneOf(bothBound("0.0.0.0", "::"), 2000, { hasIpv6: false }))).toEqual([]);
    const targets = [httpTarget(), rcloneTarget()];
    const rclone = look(ready, { listen: listening({ address: "0.0.0.0", port: 5572 }) });
    const state = stateAfter(
      [
        ["http", look(ready, { listen: listening({ address: "::" }) })],
        ["rclone", rclone],
      ],
      { targets },
    );
    expect(codesOf(sceneOf(state, 2000))).toEqual([]);
    expect(
      codesOf(sceneOf(stateAfter([["http", look(ready, { listen: listening({ address: "::" }) })]]), 2000)),
    ).toEqual([]);
  });
});

describe("NO_CLIENT_YET", () => {
  const record = (overrides: Partial<ClientRecord> = {}) => ({
    peers: [],
    readAt: moment(30_000),
    isSeen: false,
    ...overrides,
  });
  const scene = (atMs: number, client?: ClientRecord, state = healthy) =>
    sceneOf(state, atMs, { clients: client === undefined ? new Map() : new Map([["grpc", client]]) });

  it("is told half a minute after readiness, with since when", () => {
    expect(codesOf(scene(30_999, record()))).toEqual([]);
    const [finding] = findingsOf(scene(42_000, record()));
    expect(finding).toMatchObject({ code: "NO_CLIENT_YET", target: "grpc" });
    expect(finding?.evidence[0]).toBe("ready since 2026-11-24T12:00:01.000Z, for 41s");
  });

  it.each([
    ["nobody looked for clients yet", undefined],
    ["somebody is connected", record({ peers: ["10.42.0.9 40000"] })],
    ["a client was seen once", record({ isSeen: true })],
  ])("is not told when %s", (_why, client) => expect(codesOf(scene(60_000, client))).toEqual([]));

  it("is not told of a target that is not ready, nor of HTTP, whose clients come and go", () => {
    const starting = stateAfter([["grpc", look(answered("silence"), { listen: grpcListening("0.0.0.0") })]]);
    expect(codesOf(scene(60_000, record(), starting))).toEqual([]);
    expect(codesOf(sceneOf(healthy, 60_000, { clients: new Map([["http", record()]]) }))).toEqual([]);
  });

  it("counts from the return of a target that was lost", () => {
    const lost = [10_000, 11_000, 12_000].map(
      (atMs) => ["grpc", look(refused(), { atMs, listen: unbound() })] as const,
    );
    const state = stateAfter([
      ["http", look(ready)],
      ["grpc", look(ready, { listen: grpcListening("0.0.0.0") })],
      ...lost,
      ["grpc", look(ready, { atMs: 50_000, listen: grpcListening("0.0.0.0") })],
    ]);
    expect(codesOf(scene(60_000, record(), state))).toEqual([]);
    expect(codesOf(scene(81_000, record(), state))).toEqual([["NO_CLIENT_YET", "grpc"]]);
  });
});

describe("the record of clients", () => {
  it("takes a connection for a client's once it was seen twice, and then for good", () => {
    const once = rememberClients(undefined, ["10.42.0.9 40000"], moment(0));
    expect(once.isSeen).toBe(false);
    expect(rememberClients(once, ["10.42.0.9 40001"], moment(1)).isSeen).toBe(false);
    const twice = rememberClients(once, ["10.42.0.8 1", "10.42.0.9 40000"], moment(1));
    expect(twice.isSeen).toBe(true);
    expect(rememberClients(twice, [], moment(2))).toMatchObject({ isSeen: true, peers: [] });
  });
});

describe("PROBE_TOO_TIGHT", () => {
  const startedIn = (ms: number) => stateAfter([["http", look(answered("not-ready"), { atMs: ms })]]);
  const thresholdIn = (state: ReturnType<typeof startedIn>, atMs: number) =>
    /(?:have needed|more than) (\d+)/.exec(
      findingsOf(sceneOf(state, atMs)).find(({ code }) => code === "PROBE_TOO_TIGHT")?.remedy ?? "",
    )?.[1];

  it.each([
    // Probes fail at 0, 10, … 80 s, which is nine times: the tenth succeeds.
    [80_000, "10"],
    [95_000, "11"],
    [130_000, "15"],
  ])("is told of a start of %d ms, which needs a failureThreshold of %s", (ms, needed) => {
    expect(thresholdIn(startedIn(ms), ms + 1000)).toBe(needed);
  });

  it("is not told of a start with time to spare", () => {
    expect(codesOf(sceneOf(startedIn(79_999), 500_000))).toEqual([]);
  });

  it("is told while a start goes on, and not of one that something else holds up", () => {
    const slow = stateAfter([["http", look(refused(), { atMs: 1000 })]]);
    expect(codesOf(sceneOf(slow, 79_000))).toEqual([]);
    expect(codesOf(sceneOf(slow, 85_000))).toEqual([["PROBE_TOO_TIGHT", "http"]]);
    const wrong = stateAfter([["http", look(answered("wrong-protocol"), { atMs: 1000 })]]);
    expect(codesOf(sceneOf(wrong, 85_000))).toEqual([]);
  });

  it("is about gRPC only where nothing is asked over HTTP", () => {
    const late = look(ready, { atMs: 90_000, listen: grpcListening("0.0.0.0") });
    expect(
      codesOf(
        sceneOf(
          stateAfter([
            ["grpc", late],
            ["http", look(ready)],
          ]),
          91_000,
        ),
      ),
    ).toEqual([]);
    const alone = stateAfter([["grpc", late]], { targets: [grpcTarget()] });
    expect(codesOf(sceneOf(alone, 91_000))).toEqual([["PROBE_TOO_TIGHT", "grpc"]]);
  });
});

it("says each finding in one line, with a remedy and evidence", () => {
  const scene = sceneOf(stateAfter([["http", look(answered("not-ready"), { atMs: 99_000 })]]), 99_000, {
    interfaces: ["cni0"],
    listeners: onPorts(15_001, 15_006),
  });
  const found = findingsOf(scene);
  expect(found.map(({ code }) => code)).toEqual(["HOST_NETWORK", "MESH_REDIRECT", "PROBE_TOO_TIGHT"]);
  for (const { summary, remedy, evidence: lines } of found) {
    expect(summary).toMatch(/^[^\n]{10,160}[^.\n]$/);
    expect(remedy).toMatch(/^[A-Z][^\n]+\.$/);
    expect(lines.length).toBeGreaterThan(0);
  }
});
