import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readFields, unpackVarints, WireWriter } from "./wire.js";

function written(write: (writer: WireWriter) => void): Uint8Array {
  const writer = new WireWriter();
  write(writer);
  return writer.finish();
}

const fieldNumber = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constant(2 ** 29 - 1));
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

describe("the wire format", () => {
  it.each([
    // From the specification's examples.
    ["150 in field 1", (w: WireWriter) => w.varintField(1, 150), [0x08, 0x96, 0x01]],
    ["-2 in field 1", (w: WireWriter) => w.varintField(1, -2), [0x08, 0xfe, ...Array(8).fill(0xff), 0x01]],
    [
      '"testing" in field 2',
      (w: WireWriter) => w.stringField(2, "testing"),
      [0x12, 7, ...Buffer.from("testing")],
    ],
    [
      "150 in a message in field 3",
      (w: WireWriter) => w.message(3, (m) => m.varintField(1, 150)),
      [0x1a, 3, 8, 0x96, 1],
    ],
    [
      "3, 270, 86942 packed",
      (w: WireWriter) => w.packedVarintsField(6, [3, 270, 86942]),
      [0x32, 6, 3, 0x8e, 2, 0x9e, 0xa7, 5],
    ],
    ["1.5 in field 2", (w: WireWriter) => w.floatField(2, 1.5), [0x15, 0, 0, 0xc0, 0x3f]],
    ["nothing", () => {}, []],
  ])("writes %s as the specification says", (_, write, bytes) => {
    expect([...written(write)]).toEqual(bytes);
  });

  it("gives every number back, negative ones and those of 64 bits too", () => {
    fc.assert(
      fc.property(fieldNumber, int64, (field, number) => {
        const [read, ...rest] = readFields(written((writer) => writer.varintField(field, number)));
        expect(rest).toEqual([]);
        expect(read).toMatchObject({ field, kind: "varint" });
        expect(BigInt.asIntN(64, read!.value)).toBe(number);
      }),
    );
  });

  it("gives packed numbers back", () => {
    fc.assert(
      fc.property(fc.array(int64), (numbers) => {
        const [read] = readFields(written((writer) => writer.packedVarintsField(1, numbers)));
        expect(unpackVarints(read!.bytes)).toEqual(numbers);
      }),
    );
  });

  type Message = { field: number; value: bigint | number | string | Uint8Array | Message[] }[];
  const { message } = fc.letrec<{ message: Message }>((tie) => ({
    message: fc.array(
      fc.record({
        field: fieldNumber,
        value: fc.oneof(
          { maxDepth: 4 },
          int64,
          fc.float({ noNaN: true }),
          fc.string({ unit: "grapheme" }),
          fc.uint8Array({ maxLength: 2000 }),
          fc.array(tie("message") as fc.Arbitrary<Message>, { maxLength: 3 }),
        ),
      }) as fc.Arbitrary<Message[number]>,
      { maxLength: 5 },
    ),
  }));

  it("gives nested messages back, field by field", () => {
    const write = (writer: WireWriter, fields: Message): void => {
      for (const { field, value } of fields) {
        if (typeof value === "bigint") writer.varintField(field, value);
        else if (typeof value === "number") writer.floatField(field, value);
        else if (typeof value === "string") writer.stringField(field, value);
        else if (value instanceof Uint8Array) writer.bytesField(field, value);
        else for (const nested of value) writer.message(field, (inner) => write(inner, nested));
      }
    };
    const check = (bytes: Uint8Array, fields: Message): void => {
      const read = [...readFields(bytes)];
      let next = 0;
      for (const { field, value } of fields) {
        for (const single of Array.isArray(value) ? value : [value]) {
          const found = read[next++]!;
          expect(found.field).toBe(field);
          if (typeof single === "bigint") expect(BigInt.asIntN(64, found.value)).toBe(single);
          else if (typeof single === "number") {
            const view = new DataView(found.bytes.buffer, found.bytes.byteOffset, 4);
            expect(view.getFloat32(0, true)).toBe(single);
          } else if (typeof single === "string")
            expect(new TextDecoder("utf-8", { ignoreBOM: true }).decode(found.bytes)).toBe(single);
          else if (single instanceof Uint8Array) expect(found.bytes).toEqual(single);
          else check(found.bytes, single);
        }
      }
      expect(read).toHaveLength(next);
      expect(Buffer.concat(read.map(({ raw }) => raw)).equals(bytes)).toBe(true);
    };
    fc.assert(
      fc.property(message, (fields) =>
        check(
          written((writer) => write(writer, fields)),
          fields,
        ),
      ),
    );
  });

  it("grows to any size", () => {
    const large = new Uint8Array(3_000_000).fill(7);
    const bytes = written((writer) => {
      for (let k = 0; k < 3; k++) writer.bytesField(9, large);
    });
    expect(Array.from(readFields(bytes), (field) => field.bytes.length)).toEqual([3e6, 3e6, 3e6]);
  });
});

describe("bytes that are no messages", () => {
  it.each([
    ["a cut-off tag", [0x80], "a number is cut off"],
    ["a cut-off number", [0x08, 0xff], "a number is cut off"],
    ["a number of eleven bytes", [0x08, ...Array(10).fill(0xff), 1], "a number is too long"],
    ["a number of 65 bits", [0x08, ...Array(9).fill(0xff), 2], "a number has more than 64 bits"],
    ["a cut-off text", [0x12, 5, 1, 2], "a field is cut off"],
    ["a length beyond all memory", [0x12, ...Array(9).fill(0xff), 1], "a field is cut off"],
    ["a cut-off float", [0x15, 0, 0], "a field is cut off"],
    ["a cut-off double", [0x11, 0, 0, 0, 0], "a field is cut off"],
    ["field number 0", [0x00, 1], "field number 0"],
    ["a field number of more than 29 bits", [0x88, 0x80, 0x80, 0x80, 0x10, 1], "field number 536870913"],
    ["a group", [0x0b, 0x0c], "wire type 3"],
    ["wire type 7", [0x0f], "wire type 7"],
  ])("%s", (_, bytes, message) => {
    const read = () => [...readFields(Uint8Array.from(bytes))];
    expect(read).toThrow(RangeError);
    expect(read).toThrow(message);
  });

  it("skips nothing silently: doubles are fields like others", () => {
    const [double, number] = readFields(Uint8Array.from([0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x10, 1]));
    expect(double).toMatchObject({
      field: 1,
      kind: "fixed",
      bytes: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]),
    });
    expect(number).toMatchObject({ field: 2, value: 1n });
  });

  it("always ends, with fields or with a RangeError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const read of [() => [...readFields(bytes)], () => unpackVarints(bytes)]) {
          try {
            expect(read().length).toBeLessThanOrEqual(bytes.length);
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("every cut inside of a message is noticed", () => {
    const whole = written((writer) => {
      writer.message(1, (inner) => inner.stringField(2, "some text"));
    });
    for (let length = 1; length < whole.length; length++) {
      expect(() => [...readFields(whole.subarray(0, length))]).toThrow(RangeError);
    }
    expect(() => unpackVarints(Uint8Array.of(1, 0x80))).toThrow(RangeError);
    expect(() => unpackVarints(new Uint8Array(11).fill(0x80))).toThrow(RangeError);
  });
});
