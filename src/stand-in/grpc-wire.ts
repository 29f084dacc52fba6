/** Protocol Buffers wire types that a request of ours may hold (https://protobuf.dev/programming-guides/encoding/). */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** A message whose field 1 is a bool or an enum: proto3 leaves a zero out, so false is a message without bytes. */
export function encodeSmallField1(value: boolean | number): Buffer {
  const number = Number(value);
  return number === 0 ? Buffer.alloc(0) : Buffer.from([0x08, number]);
}

interface Varint {
  readonly value: number;
  /** Offset of the next byte. */
  readonly next: number;
}

/** @throws RangeError when the varint is cut short or beyond 2^53. */
function readVarint(bytes: Buffer, start: number): Varint {
  let value = 0;
  for (let index = start; index < start + 8; index += 1) {
    const byte = bytes.readUInt8(index);
    value += (byte & 0x7f) * 2 ** (7 * (index - start));
    if (byte < 0x80) {
      return { value, next: index + 1 };
    }
  }
  throw new RangeError("varint too long");
}

interface Field {
  readonly number: number;
  /** The content of a length-delimited field; null for other types. */
  readonly content: Buffer | null;
  readonly next: number;
}

function readField(bytes: Buffer, start: number): Field {
  const key = readVarint(bytes, start);
  const number = Math.floor(key.value / 8);
  switch (key.value % 8) {
    case VARINT:
      return { number, content: null, next: readVarint(bytes, key.next).next };
    case FIXED64:
      return { number, content: null, next: key.next + 8 };
    case FIXED32:
      return { number, content: null, next: key.next + 4 };
    case LENGTH_DELIMITED: {
      const length = readVarint(bytes, key.next);
      const next = length.next + length.value;
      return { number, content: bytes.subarray(length.next, next), next };
    }
    default:
      throw new RangeError(`wire type ${key.value % 8} is not supported`);
  }
}

/**
 * The string in field 1 of a message (`ModelReadyRequest.name`, `HealthCheckRequest.service`), empty where it is absent;
 * the last one counts, unknown fields are passed over.
 *
 * @throws RangeError when the bytes are not a message.
 */
export function decodeStringField1(bytes: Buffer): string {
  let text = "";
  let offset = 0;
  while (offset < bytes.length) {
    const field = readField(bytes, offset);
    if (field.next > bytes.length) {
      throw new RangeError("message cut short");
    }
    if (field.number === 1 && field.content !== null) {
      text = field.content.toString("utf8");
    }
    offset = field.next;
  }
  return text;
}
