import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { START, socket } from "../../test/support/looks.ts";
import { arbitraryLife, laterProcess, RECORDED_TARGETS, SANDBOX } from "../../test/support/recorded-life.ts";
import { parseJournal } from "./journal.ts";
import { lastKnown } from "./journal-state.ts";
import { restoredGate } from "./restore.ts";

describe("whatever the life and the place where it was cut off", () => {
  const onBothPorts = (inodes: readonly number[]) =>
    inodes.flatMap((inode) => [9000, 9500].map((port) => socket({ inode, port })));

  it("a restored gate is open exactly where it had been, beside the sockets of every required target", () => {
    let opened = 0;
    const lostInodes = fc.option(fc.integer({ min: 1, max: 6 }), { freq: 1 });
    fc.assert(
      fc.property(arbitraryLife, fc.nat(40), lostInodes, (life, cut, lost) => {
        const lines = life.lines.slice(0, 4 + cut);
        const known = lastKnown(parseJournal(lines.join("")).entries);
        const past = known?.state;
        const required = past?.targets.filter(({ target }) => target.required) ?? [];
        const inodes = required.flatMap(({ memory }) => memory.sockets.map(({ inode }) => inode));
        const sockets = onBothPorts(inodes.filter((inode) => inode !== lost));
        const { policy } = life.state;
        const present = { targets: RECORDED_TARGETS, policy, now: laterProcess(60_000), sandbox: SANDBOX, sockets };
        const state = restoredGate(known, present);
        expect(state?.startedAt.wallMs).toBe(START.wallMs);
        const isProven = required.map(
          ({ memory }) => memory.sockets.length > 0 && memory.sockets.every(({ inode }) => inode !== lost),
        );
        const isRemote = required.map(
          ({ lastLook }) => lastLook?.listen.isKnown === false && lastLook.listen.reason === "remote",
        );
        const isSame = isProven.some(Boolean) && isProven.every((one, index) => one || isRemote[index]);
        // The journal may end between the line of a target that was lost and that of the gate.
        const isReady = required.every((one) => one.isReady);
        expect(state?.isOpen).toBe(past?.isOpen === true && isReady && isSame);
        if (state?.isOpen) opened += 1;
      }),
      { numRuns: 400 },
    );
    expect(opened).toBeGreaterThan(5);
  }, 60_000);
});
