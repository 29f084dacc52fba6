/** The protocol that the first bytes from a server belong to. */
export type SpokenProtocol = "http1" | "http2" | "tls" | "unknown";

const HTTP2_FRAME_HEADER_BYTES = 9;
const HTTP2_SETTINGS = 0x04;
const TLS_RECORD_TYPES = { first: 0x14, last: 0x17 };

/** An HTTP/2 server speaks first with a SETTINGS frame of stream 0 (RFC 9113, section 3.4). */
function isSettingsFrame(bytes: Buffer): boolean {
  return (
    bytes.length >= HTTP2_FRAME_HEADER_BYTES &&
    bytes[3] === HTTP2_SETTINGS &&
    (bytes.readUInt32BE(5) & 0x7fffffff) === 0
  );
}

/** A TLS record begins with its type and the version 3.x (RFC 8446, section 5.1). */
function isTlsRecord(bytes: Buffer): boolean {
  const type = bytes[0] ?? 0;
  return type >= TLS_RECORD_TYPES.first && type <= TLS_RECORD_TYPES.last && bytes[1] === 0x03;
}

/** Tells a protocol by the first bytes that a server sent; the more of them the surer, nine at least for HTTP/2. */
export function spokenProtocol(bytes: Buffer): SpokenProtocol {
  if (bytes.subarray(0, 5).toString("latin1") === "HTTP/") {
    return "http1";
  }
  if (isTlsRecord(bytes)) {
    return "tls";
  }
  return isSettingsFrame(bytes) ? "http2" : "unknown";
}

/**
 * The first line of unknown bytes for a person to recognise (`SSH-2.0-OpenSSH_9.6`), or an empty text where it is not
 * all printable ASCII.
 */
export function readableLine(bytes: Buffer): string {
  const line = bytes.subarray(0, 128).toString("latin1").split(/\r?\n/)[0] ?? "";
  return /^[\x20-\x7e]+$/.test(line) ? line : "";
}
