import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HypersphereError } from "../../errors.js";
import { add, Graph, gather, mul, sum } from "../index.js";
import { decodeModel, withInitializer, withMetadata } from "./decode.js";
import { serialize } from "./serialize.js";
import { WireWriter } from "./wire.js";

const metadata = {
  card: '{"detector":"deep-svdd"}',
  "key with spaces": "Größe ≥ 3 µm",
  __proto__x: "",
  empty: "",
};

function exampleGraph(): Graph {
  const graph = new Graph();
  const x = graph.input("x", "float32", ["rows", 3]);
  const y = add(mul(x, graph.initializer("weights", "float32", [3], Float32Array.of(1, -2, 0.5))), 1);
  const table = graph.initializer("table", "float64", [2, 2], Float64Array.of(1, 2, 3, Number.NaN));
  const index = graph.initializer("index", "int64", [2], BigInt64Array.of(-1n, 2n ** 62n));
  const small = graph.initializer("small", "int32", [], Int32Array.of(-7));
  const flags = graph.initializer("flags", "bool", [3], Uint8Array.of(1, 0, 1));
  const names = graph.initializer("names", "string", [2], ["", "Zürich"]);
  graph.initializer("unused", "float32", [1], Float32Array.of(9));
  graph.output("y", y);
  graph.output("total", sum(y));
  graph.output("rows_of_table", gather(table, index));
  graph.output("small_out", small);
  graph.output("flags_out", flags);
  graph.output("names_out", names);
  return graph;
}

const model = serialize(exampleGraph(), { description: "An example.", metadata });

function caught(run: () => unknown): HypersphereError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(HypersphereError);
    expect((error as HypersphereError).code).toBe("invalid-model");
    return error as HypersphereError;
  }
  throw new Error("nothing was thrown");
}

describe("decodeModel", () => {
  it("reads the header, the metadata, and the types of inputs and outputs", () => {
    const decoded = decodeModel(model);
    expect(decoded).toMatchObject({ irVersion: 8, producer: "hypersphere", description: "An example." });
    expect(decoded.opsets).toEqual({ "": 18, "ai.onnx.ml": 3 });
    expect(decoded.metadata).toEqual(metadata);
    expect(decoded.inputs).toEqual([{ name: "x", dtype: "float32", shape: ["rows", 3] }]);
    expect(decoded.outputs).toEqual([
      { name: "y", dtype: "float32", shape: ["rows", 3] },
      { name: "total", dtype: "float32", shape: [] },
      { name: "rows_of_table", dtype: "float64", shape: [2, 2] },
      { name: "small_out", dtype: "int32", shape: [] },
      { name: "flags_out", dtype: "bool", shape: [3] },
      { name: "names_out", dtype: "string", shape: [2] },
    ]);
    expect(decoded.graph.buffer).toBe(model.buffer);
  });

  it.each([
    ["weights", { dtype: "float32", shape: [3], data: Float32Array.of(1, -2, 0.5) }],
    ["table", { dtype: "float64", shape: [2, 2], data: Float64Array.of(1, 2, 3, Number.NaN) }],
    ["index", { dtype: "int64", shape: [2], data: BigInt64Array.of(-1n, 2n ** 62n) }],
    ["small", { dtype: "int32", shape: [], data: Int32Array.of(-7) }],
    ["flags", { dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) }],
    ["names", { dtype: "string", shape: [2], data: ["", "Zürich"] }],
  ])("copies the initializer %s out", (name, expected) => {
    expect(decodeModel(model).initializer(name)).toEqual(expected);
  });

  it("gives initializers that do not share memory with the file", () => {
    const { data } = decodeModel(model).initializer("weights");
    (data as Float32Array)[0] = 100;
    expect(decodeModel(model).initializer("weights").data[0]).toBe(1);
  });

  it("lists only the initializers that the file holds", () => {
    const decoded = decodeModel(model);
    expect(decoded.initializerNames).toContain("weights");
    expect(decoded.initializerNames).not.toContain("unused");
    expect(caught(() => decoded.initializer("unused")).message).toBe(
      'The model has no initializer "unused".',
    );
  });

  it("reads models from a Node Buffer and from the middle of a larger buffer, at any offset", () => {
    for (let offset = 0; offset < 9; offset++) {
      const around = Buffer.alloc(model.length + 20);
      around.set(model, offset);
      const decoded = decodeModel(around.subarray(offset, offset + model.length));
      expect(decoded.initializer("table").data).toEqual(Float64Array.of(1, 2, 3, Number.NaN));
      expect(decoded.metadata).toEqual(metadata);
    }
  });

  it("says what a foreign file is", () => {
    const start = (text: string) => Uint8Array.from([...text.padEnd(64, "\0")], (char) => char.charCodeAt(0));
    expect(caught(() => decodeModel(new Uint8Array(0))).message).toBe("The model is empty.");
    const foreign: [string, string][] = [
      ["\x89PNG\r\n\x1a\n", "a PNG image"],
      ["PK\x03\x04\x14\x00", "a zip archive"],
      ['{"version": 1}', "JSON text"],
      ["version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"],
    ];
    for (const [bytes, what] of foreign) {
      expect(caught(() => decodeModel(start(bytes))).message).toContain(`not an ONNX model but ${what}`);
    }
    expect(caught(() => decodeModel(start("hello, world"))).message).toContain(
      "not an ONNX model, or not a whole one",
    );
  });

  it("rejects a model cut off anywhere before its last entries", () => {
    // Behind the operator sets only metadata follow; a cut between two of those is a whole, smaller model.
    const essential = serialize(exampleGraph(), { description: "An example." }).length;
    for (let length = 0; length < essential - 20; length++)
      caught(() => decodeModel(model.subarray(0, length)));
  });

  it("never fails otherwise than with invalid-model, and always ends", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void caught(() => decodeModel(bytes))),
      { numRuns: 500 },
    );
  });

  it("takes damaged models as they are or says invalid-model", () => {
    fc.assert(
      fc.property(fc.nat(model.length - 1), fc.integer({ min: 0, max: 255 }), (position, byte) => {
        const damaged = model.slice();
        damaged[position] = byte;
        try {
          const decoded = decodeModel(damaged);
          for (const name of decoded.initializerNames) decoded.initializer(name);
        } catch (error) {
          expect((error as HypersphereError).code).toBe("invalid-model");
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("explains initializers in forms that it does not read", () => {
    const withTensor = (write: (tensor: WireWriter) => void): Uint8Array => {
      const writer = new WireWriter();
      writer.varintField(1, 8);
      writer.message(7, (graph) => {
        graph.message(5, (tensor) => {
          tensor.stringField(8, "w");
          write(tensor);
        });
        graph.message(12, (output) => output.stringField(1, "y"));
      });
      writer.message(8, (opset) => opset.varintField(2, 18));
      return writer.finish();
    };
    const cases: [string, (tensor: WireWriter) => void][] = [
      ["ONNX element type 10", (t) => t.varintField(2, 10)],
      [
        "not stored as raw bytes",
        (t) => {
          t.varintField(1, 2);
          t.varintField(2, 1);
        },
      ],
      [
        "in another file",
        (t) => {
          t.varintField(2, 1);
          t.varintField(14, 1);
        },
      ],
      [
        "2 elements, but its shape is [3]",
        (t) => {
          t.varintField(1, 3);
          t.varintField(2, 1);
          t.bytesField(9, new Uint8Array(8));
        },
      ],
      [
        "not a whole number of float32",
        (t) => {
          t.varintField(2, 1);
          t.bytesField(9, new Uint8Array(7));
        },
      ],
    ];
    for (const [message, write] of cases) {
      const decoded = decodeModel(withTensor(write));
      expect(decoded.outputs).toEqual([{ name: "y", dtype: undefined, shape: [] }]);
      expect(caught(() => decoded.initializer("w")).message).toContain(message);
    }
  });
});

describe("withMetadata", () => {
  it("replaces the metadata and leaves every other byte alone", () => {
    const changed = withMetadata(model, { card: "new", extra: "1" });
    expect(changed).toEqual(
      serialize(exampleGraph(), { description: "An example.", metadata: { card: "new", extra: "1" } }),
    );
    expect(decodeModel(changed).metadata).toEqual({ card: "new", extra: "1" });
    expect(withMetadata(changed, metadata)).toEqual(model);
  });

  it("holds any text", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" })),
        (entries) => {
          expect({ ...decodeModel(withMetadata(model, entries)).metadata }).toEqual({ ...entries });
        },
      ),
    );
  });

  it("does not take foreign bytes", () => {
    caught(() => withMetadata(Uint8Array.of(1, 2, 3), {}));
  });
});

describe("withInitializer", () => {
  it("replaces the contents of one initializer and leaves every other byte alone", () => {
    const changed = withInitializer(model, "weights", Float32Array.of(7, 8, 9));
    expect(changed.length).toBe(model.length);
    const decoded = decodeModel(changed);
    expect(decoded.initializer("weights")).toEqual({
      dtype: "float32",
      shape: [3],
      data: Float32Array.of(7, 8, 9),
    });
    expect(decoded.initializer("table")).toEqual(decodeModel(model).initializer("table"));
    expect(withInitializer(changed, "weights", Float32Array.of(1, -2, 0.5))).toEqual(model);
  });

  it("takes a part of a larger array", () => {
    const changed = withInitializer(model, "weights", Float32Array.of(0, 7, 8, 9, 0).subarray(1, 4));
    expect(decodeModel(changed).initializer("weights").data).toEqual(Float32Array.of(7, 8, 9));
  });

  it("says what does not fit", () => {
    const replace = (name: string, length: number) => () =>
      withInitializer(model, name, new Float32Array(length));
    expect(caught(replace("weights", 2)).message).toBe("weights has 3 elements, not 2.");
    expect(caught(replace("flags", 3)).message).toBe("flags is of bool, not of float32.");
    expect(caught(replace("missing", 3)).message).toBe('The model has no initializer "missing".');
  });
});
