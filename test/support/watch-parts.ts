import type { Target } from "../../src/core/target.ts";
import { newAcceptLedger } from "../../src/watch/accept-ledger.ts";
import type { newLooker } from "../../src/watch/looker.ts";
import type { Resolved } from "../../src/watch/resolver.ts";
import { type FakeProber, type FakeQuestion, type FakeTable, fakeProber, fakeTable } from "./fake-prober.ts";
import { type ManualClock, manualClock } from "./fake-view.ts";

type LookParts = Parameters<typeof newLooker>[1];

/** What looks are taken with, all of it in the hands of the test. */
export interface FakeLookParts extends LookParts {
  readonly clock: ManualClock;
  readonly table: FakeTable;
  /** The prober of a target's name and an address, once it was opened. */
  prober(name: string, address?: string): FakeProber;
}

/** Answers of a fake server to a question over an address. */
export type FakeServer = (question: FakeQuestion, address: string) => void;

/** What a test may give instead. */
export type FakeLookOptions = Partial<Omit<LookParts, "clock" | "table" | "openProber">>;

/** Failed connects are left unexplained, and no socket is the gate's own. */
const NO_PROOF = {
  newExplainer: () => ({
    begin:
      () =>
      async <T>(path: T) =>
        path,
  }),
  isTableProven: () => true,
  ownSockets: (): ReadonlySet<number> => new Set(),
};

/** Makes parts in which every host stands for 127.0.0.1, addresses of 127.0.0.0/8 and ::1 are local, and nothing listens. */
export function fakeLookParts(server: FakeServer = () => {}, overrides: FakeLookOptions = {}): FakeLookParts {
  const clock = manualClock();
  const table = fakeTable();
  const probers = new Map<string, FakeProber>();
  return {
    ...NO_PROOF,
    clock,
    table,
    ledger: newAcceptLedger(),
    resolver: { resolve: async () => resolvedTo("127.0.0.1") },
    ephemeralPorts: { first: 32_768, last: 60_999, reserved: [{ first: 40_500, last: 40_509 }] },
    isLocalAddress: (address) => address.startsWith("127.") || address === "::1",
    openProber: (target: Target, address: string) => {
      const prober = fakeProber((question) => server(question, address));
      probers.set(`${target.name} ${address}`, prober);
      return prober;
    },
    prober: (name, address = "127.0.0.1") => {
      const prober = probers.get(`${name} ${address}`);
      if (prober === undefined) throw new Error(`no prober was opened for ${name} at ${address}`);
      return prober;
    },
    ...overrides,
  };
}

/** A host that resolves to these addresses. */
export function resolvedTo(...addresses: readonly string[]): Resolved {
  return { resolution: { isResolved: true }, addresses };
}
