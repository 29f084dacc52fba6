import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeStringField1, encodeSmallField1 } from "./grpc-wire.ts";

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

function stringField(number: number, text: string): Buffer {
  const content = Buffer.from(text);
  return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(content.length)]), content]);
}

describe("encodeSmallField1", () => {
  it("leaves false out and writes true as field 1", () => {
    expect(encodeSmallField1(false)).toEqual(Buffer.alloc(0));
    expect(encodeSmallField1(true)).toEqual(Buffer.from([0x08, 0x01]));
    expect(encodeSmallField1(2)).toEqual(Buffer.from([0x08, 0x02]));
  });
});

describe("decodeStringField1", () => {
  it("reads the string between fields that it does not know", () => {
    const others = fc.array(fc.tuple(fc.integer({ min: 2, max: 5000 }), fc.string()), { maxLength: 4 });
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), others, others, (text, before, after) => {
        const bytes = Buffer.concat([
          ...before.map(([number, other]) => stringField(number, other)),
          Buffer.from([0x10, 0x96, 0x01, 0x19, 1, 2, 3, 4, 5, 6, 7, 8, 0x25, 1, 2, 3, 4]),
          stringField(1, text),
          ...after.map(([number, other]) => stringField(number, other)),
        ]);
        expect(decodeStringField1(bytes)).toBe(text);
      }),
    );
  });

  it("is empty for an empty message", () => {
    expect(decodeStringField1(Buffer.alloc(0))).toBe("");
  });

  it("refuses a message that is cut short", () => {
    const whole = stringField(1, "model");
    for (let length = 1; length < whole.length; length += 1) {
      expect(() => decodeStringField1(whole.subarray(0, length))).toThrow(RangeError);
    }
  });

  it("ends with a string or a RangeError, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          expect(typeof decodeStringField1(Buffer.from(bytes))).toBe("string");
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});
