import { setImmediate as nextTurn } from "node:timers/promises";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { manualClock } from "../../test/support/fake-view.ts";
import { newResolver } from "./resolver.ts";

interface Address {
  readonly address: string;
  readonly family: number;
}

const mocked = vi.hoisted(() => vi.fn<(host: string) => Promise<readonly Address[]>>());
vi.mock("node:dns/promises", () => ({ lookup: mocked }));

beforeEach(() => {
  mocked.mockReset();
});

function answers(...addresses: readonly string[]): readonly Address[] {
  return addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
}

function fails(code: string) {
  return Object.assign(new Error(code), { code });
}

describe("an address", () => {
  it.each([
    ["127.0.0.1", "127.0.0.1"],
    ["0.0.0.0", "127.0.0.1"],
    ["::", "::1"],
    ["::1", "::1"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["FD00::7", "fd00::7"],
    ["::ffff:127.0.0.1", "127.0.0.1"],
    ["::FFFF:7f00:1", "127.0.0.1"],
    ["::ffff:0.0.0.0", "127.0.0.1"],
  ])("%s stands for %s, without a look-up", async (host, address) => {
    const resolved = await newResolver(manualClock()).resolve(host, 1000);
    expect(resolved).toEqual({ resolution: { isResolved: true }, addresses: [address] });
    expect(mocked).not.toHaveBeenCalled();
  });
});

describe("a name", () => {
  it("stands for all its addresses, each once, in canonical text and the resolver's order", async () => {
    mocked.mockResolvedValue(answers("0:0:0:0:0:0:0:1", "127.0.0.1", "::1"));
    const resolved = await newResolver(manualClock()).resolve("localhost", 1000);
    expect(resolved.addresses).toEqual(["::1", "127.0.0.1"]);
  });

  it("stands for a v4-mapped address as IPv4, and for it once", async () => {
    mocked.mockResolvedValue(answers("::ffff:10.0.0.1", "10.0.0.1"));
    expect((await newResolver(manualClock()).resolve("mapped", 1000)).addresses).toEqual(["10.0.0.1"]);
  });

  it("stands for 8 addresses at most", async () => {
    mocked.mockResolvedValue(answers(...Array.from({ length: 50 }, (_, index) => `10.0.0.${index}`)));
    expect((await newResolver(manualClock()).resolve("many", 1000)).addresses).toHaveLength(8);
  });

  it("that is not known is a value with the resolver's code", async () => {
    mocked.mockRejectedValue(fails("ENOTFOUND"));
    const resolved = await newResolver(manualClock()).resolve("nowhere", 1000);
    expect(resolved).toEqual({ resolution: { isResolved: false, code: "ENOTFOUND" }, addresses: [] });
  });

  it("is looked up again after 5 s, and after a failure after 1 s", async () => {
    const clock = manualClock();
    const resolver = newResolver(clock);
    mocked.mockResolvedValue(answers("10.0.0.1"));
    await resolver.resolve("server", 1000);
    clock.advance(4999);
    await resolver.resolve("server", 1000);
    expect(mocked).toHaveBeenCalledTimes(1);
    clock.advance(1);
    mocked.mockRejectedValue(fails("EAI_AGAIN"));
    expect((await resolver.resolve("server", 1000)).resolution).toEqual({ isResolved: false, code: "EAI_AGAIN" });
    clock.advance(999);
    await resolver.resolve("server", 1000);
    expect(mocked).toHaveBeenCalledTimes(2);
    clock.advance(1);
    await resolver.resolve("server", 1000);
    expect(mocked).toHaveBeenCalledTimes(3);
  });

  it("whose look-up hangs is a failure at the look's deadline, and is asked for once", async () => {
    const clock = manualClock();
    const resolver = newResolver(clock);
    let answer = (_addresses: readonly Address[]) => {};
    mocked.mockReturnValue(
      new Promise((resolve) => {
        answer = resolve;
      }),
    );
    for (let count = 0; count < 10; count += 1) {
      const resolving = resolver.resolve("slow", 1000);
      clock.advance(1000);
      expect(await resolving).toEqual({ resolution: { isResolved: false, code: "DEADLINE" }, addresses: [] });
    }
    expect(mocked).toHaveBeenCalledTimes(1);
    answer(answers("10.0.0.1"));
    await nextTurn();
    expect((await resolver.resolve("slow", 1000)).addresses).toEqual(["10.0.0.1"]);
    expect(mocked).toHaveBeenCalledTimes(1);
  });
});
