import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { answered, failed, httpTarget, refused, remote, silent, socket } from "../../test/support/looks.ts";
import { type FakeLookOptions, fakeLookParts } from "../../test/support/watch-parts.ts";
import type { ConnectResult } from "../core/connect.ts";
import type { ListeningSocket, PathLook } from "../core/observation.ts";
import type { Target } from "../core/target.ts";
import { newEvidencePaths } from "./evidence-paths.ts";

const OTHERS = ["127.0.0.1", "::1", "127.0.0.2", "127.0.0.3"];
const BOUND = [socket({ address: "127.0.0.2" })];
const OK = answered("ready").connect;
const REFUSED = refused().connect;

interface Options extends FakeLookOptions {
  readonly target?: Target;
  /** How a connect ends; null: it stays out. */
  readonly ends?: ConnectResult | null;
  readonly addresses?: readonly string[];
}

function evidenceOf({ target = httpTarget(), ends = OK, addresses = OTHERS, ...overrides }: Options = {}) {
  const knocked: string[] = [];
  let closed = 0;
  const knock = (address: string) => {
    knocked.push(address);
    const connected = ends === null ? new Promise<never>(() => {}) : Promise.resolve(ends);
    const close = () => {
      closed += 1;
    };
    return { connected, close };
  };
  const parts = fakeLookParts(() => {}, { evidence: { addresses: () => addresses, knock }, ...overrides });
  const paths = newEvidencePaths(target, parts);
  const beside = async (seen: PathLook, sockets: readonly ListeningSocket[] | null = BOUND) => {
    const gathering = paths.beside([seen], sockets);
    if (ends === null) {
      await nextTurn();
      parts.clock.advance(200);
    }
    return await gathering;
  };
  return { ...parts, beside, knocked, closed: () => closed };
}

describe("the pod's other addresses", () => {
  it("are tried beside a path that fails while something listens", async () => {
    const { beside, knocked, closed } = evidenceOf();
    const seen = await beside(refused());
    expect(knocked).toEqual(["::1", "127.0.0.2", "127.0.0.3"]);
    expect(seen).toMatchObject([
      { address: "::1", role: "evidence", isLocal: true, connect: { outcome: "ok" }, answer: null, skipped: null },
      { address: "127.0.0.2" },
      { address: "127.0.0.3" },
    ]);
    expect(closed()).toBe(3);
  });

  it.each([
    ["nothing listens on the port", refused(), [socket({ port: 8080 })]],
    ["there is no table", refused(), null],
    ["the server is silent", silent(), BOUND],
    ["the server answers with an error", answered("error"), BOUND],
    ["the target is elsewhere", remote(refused()), BOUND],
  ])("are left alone when %s", async (_why, seen, sockets) => {
    const { beside, knocked } = evidenceOf();
    expect(await beside(seen, sockets)).toEqual([]);
    expect(knocked).toEqual([]);
  });

  it("are tried each second while a path fails, and each half minute while it answers", async () => {
    for (const [path, everyMs] of [
      [refused(), 1000],
      [answered("not-ready"), 30_000],
    ] as const) {
      const { beside, knocked, clock } = evidenceOf({ addresses: ["::1"] });
      await beside(path);
      clock.advance(everyMs - 1);
      expect(await beside(path)).toMatchObject([{ address: "::1", connect: { outcome: "ok" }, skipped: "recent" }]);
      expect(knocked).toHaveLength(1);
      clock.advance(1);
      expect(await beside(path)).toMatchObject([{ skipped: null }]);
      expect(knocked).toHaveLength(2);
    }
  });

  it("are tried anew when the server was restarted, or what is seen of the target has changed", async () => {
    const { beside, knocked } = evidenceOf({ addresses: ["::1"] });
    await beside(answered("ready"));
    await beside(answered("ready"), [socket({ inode: 102 })]);
    expect(knocked).toHaveLength(2);
    await beside(refused(), [socket({ inode: 102 })]);
    expect(knocked).toHaveLength(3);
  });

  it("are eight at most, and none of other namespaces", async () => {
    const addresses = ["10.42.0.7", ...Array.from({ length: 20 }, (_, index) => `127.0.1.${index}`)];
    const { beside, knocked } = evidenceOf({ addresses, ends: REFUSED });
    await beside(refused());
    expect(knocked).toHaveLength(8);
    expect(knocked).not.toContain("10.42.0.7");
  });

  it("are given up after a fifth of a second", async () => {
    const { beside, closed } = evidenceOf({ ends: null, addresses: ["::1"] });
    expect(await beside(failed("timeout"))).toMatchObject([{ connect: { outcome: "timeout", errno: "DEADLINE" } }]);
    expect(closed()).toBe(1);
  });

  it("never make a closed port of the ephemeral range connect to itself", async () => {
    const target = httpTarget({ port: 40_000 });
    const { beside, knocked } = evidenceOf({ target });
    const seen = await beside(refused(), [socket({ address: "127.0.0.2", port: 40_000 })]);
    expect(knocked).toEqual(["127.0.0.2"]);
    expect(seen.map(({ skipped }) => skipped)).toEqual(["ephemeral-port", null, "ephemeral-port"]);
  });

  it("connect to a closed port of that range which is reserved: no connect is given it", async () => {
    const { beside, knocked } = evidenceOf({ target: httpTarget({ port: 40_500 }), ends: REFUSED });
    const seen = await beside(refused(), [socket({ address: "127.0.0.2", port: 40_500 })]);
    expect(knocked).toHaveLength(3);
    expect(seen.map(({ skipped }) => skipped)).toEqual([null, null, null]);
  });
});

describe("the server's accept queue", () => {
  it("gets no more connections than its budget has room for", async () => {
    const { beside, ledger, knocked, table } = evidenceOf();
    table.show([socket({ acceptQueue: 3 })]);
    ledger.arrived(ledger.opened(9000, 3));
    const seen = await beside(answered("ready"));
    expect(knocked).toHaveLength(1);
    expect(seen.map(({ skipped }) => skipped)).toEqual([null, "accept-queue", "accept-queue"]);
    expect(ledger.pending(9000)).toBe(4);
  });

  it("is read where the ledger alone would forbid a connection", async () => {
    const { beside, ledger, knocked, table } = evidenceOf({ addresses: ["::1"] });
    ledger.arrived(ledger.opened(9000, 4));
    table.show([socket({ acceptQueue: 0 })]);
    await beside(answered("ready"));
    expect(knocked).toHaveLength(1);
  });

  it("is not charged for connects that failed", async () => {
    const { beside, ledger } = evidenceOf({ ends: REFUSED });
    await beside(refused());
    expect(ledger.pending(9000)).toBe(0);
  });
});

it("are not tried where nobody said how", async () => {
  const parts = fakeLookParts();
  expect(await newEvidencePaths(httpTarget(), parts).beside([refused()], BOUND)).toEqual([]);
});
