import { expect, it } from "vitest";
import { ACCEPT_BUDGET, newAcceptLedger } from "./accept-ledger.ts";

it("counts what was opened to each port until it is known to be accepted", () => {
  const ledger = newAcceptLedger();
  ledger.opened(9000, 2);
  ledger.opened(9000, 1);
  expect([ledger.pending(9000), ledger.pending(9500)]).toEqual([3, 0]);
  expect(ledger.admits(9000, ACCEPT_BUDGET - 3)).toBe(true);
  expect(ledger.admits(9000, ACCEPT_BUDGET - 2)).toBe(false);
  expect(ledger.admits(9500, ACCEPT_BUDGET)).toBe(true);
});

it("forgets connections that failed, once", () => {
  const ledger = newAcceptLedger();
  const entry = ledger.opened(9000, 2);
  ledger.opened(9000, 1);
  ledger.failed(entry);
  ledger.failed(entry);
  expect(ledger.pending(9000)).toBe(1);
});

it("takes an empty queue for no proof of connections that are still on their way", () => {
  const ledger = newAcceptLedger();
  const entry = ledger.opened(9000, 2);
  ledger.atMost(9000, 0);
  expect(ledger.pending(9000)).toBe(2);
  ledger.arrived(entry);
  ledger.atMost(9000, 0);
  expect(ledger.pending(9000)).toBe(0);
});

it("keeps no more than the queue holds", () => {
  const ledger = newAcceptLedger();
  ledger.arrived(ledger.opened(9000, 2));
  ledger.arrived(ledger.opened(9000, 2));
  ledger.atMost(9000, 3);
  expect(ledger.pending(9000)).toBe(3);
  ledger.atMost(9000, 100);
  expect(ledger.pending(9000)).toBe(3);
  ledger.atMost(9000, 1);
  expect(ledger.pending(9000)).toBe(1);
});

it("takes an accepted connection for proof of those before it, and not of those after it", () => {
  const ledger = newAcceptLedger();
  ledger.arrived(ledger.opened(9000, 1));
  const answered = ledger.opened(9000, 1);
  ledger.arrived(ledger.opened(9000, 2));
  ledger.arrived(ledger.opened(9500, 1));
  ledger.accepted(answered);
  expect([ledger.pending(9000), ledger.pending(9500)]).toEqual([2, 1]);
  ledger.accepted(answered);
  expect(ledger.pending(9000)).toBe(2);
});
