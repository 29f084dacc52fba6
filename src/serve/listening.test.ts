import { describe, expect, it } from "vitest";
import { bindFirst, isListenError } from "./listening.ts";

const failing = (code: string) => Promise.reject(Object.assign(new Error("no"), { code }));

describe("bindFirst", () => {
  it("binds both families when no host is given", async () => {
    expect(await bindFirst({ host: null, port: 1 }, async (host) => host)).toBe("::");
  });

  it.each(["EAFNOSUPPORT", "EADDRNOTAVAIL"])("falls back to IPv4 where IPv6 is off (%s)", async (code) => {
    const bind = (host: string) => (host === "::" ? failing(code) : Promise.resolve(host));
    expect(await bindFirst({ host: null, port: 1 }, bind)).toBe("0.0.0.0");
  });

  it("does not fall back from a taken port, and names code and address", async () => {
    const hosts: string[] = [];
    const bind = (host: string) => {
      hosts.push(host);
      return failing("EADDRINUSE");
    };
    const error = await bindFirst({ host: null, port: 9020 }, bind).catch((thrown: unknown) => thrown);
    expect(isListenError(error)).toBe(true);
    expect(error).toMatchObject({
      message: "cannot listen on [::]:9020: EADDRINUSE",
      code: "EADDRINUSE",
      address: "::",
      port: 9020,
    });
    expect(hosts).toEqual(["::"]);
  });

  it("does not fall back from a host that was asked for", async () => {
    const bound = bindFirst({ host: "::1", port: 1 }, () => failing("EADDRNOTAVAIL"));
    await expect(bound).rejects.toMatchObject({ code: "EADDRNOTAVAIL", address: "::1" });
  });
});
