import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readableLine, spokenProtocol } from "./first-bytes.ts";

describe("spokenProtocol", () => {
  it.each([
    ["HTTP/1.1 400 Bad Request\r\n", "http1"],
    ["HTTP/1.0", "http1"],
    ["SSH-2.0-OpenSSH_9.6\r\n", "unknown"],
    ["\u0000\u0000\u0018\u0004\u0000\u0000\u0000\u0000\u0000", "http2"],
    ["\u0000\u0000\u0000\u0004\u0001\u0000\u0000\u0000\u0000", "http2"],
    ["\u0000\u0000\u0018\u0004\u0000\u0000\u0000\u0000\u0001", "unknown"],
    ["\u0000\u0000\u0018\u0004", "unknown"],
    ["\u0015\u0003\u0001\u0000\u0002", "tls"],
    ["\u0016\u0003\u0003\u0000\u007a", "tls"],
    ["\u0016\u0002", "unknown"],
    ["", "unknown"],
  ])("of %j is %s", (bytes, protocol) => {
    expect(spokenProtocol(Buffer.from(bytes, "latin1"))).toBe(protocol);
  });

  it("names a protocol for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(["http1", "http2", "tls", "unknown"]).toContain(spokenProtocol(Buffer.from(bytes)));
      }),
    );
  });
});

describe("readableLine", () => {
  it("quotes printable ASCII only", () => {
    expect(readableLine(Buffer.from("SSH-2.0-x\r\nmore"))).toBe("SSH-2.0-x");
    expect(readableLine(Buffer.from([0x41, 0x00, 0x42]))).toBe("");
    expect(readableLine(Buffer.alloc(0))).toBe("");
  });
});
