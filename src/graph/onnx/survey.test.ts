import { describe, expect, it } from "vitest";
import { refuseForeignOperators, refuseOtherFiles, surveyModel } from "./survey.js";
import { WireWriter } from "./wire.js";

type Write = (writer: WireWriter) => void;

const message = (write: Write): Uint8Array => {
  const writer = new WireWriter();
  write(writer);
  return writer.finish();
};
const inside =
  (field: number, write: Write): Write =>
  (writer) =>
    writer.message(field, write);

/** A tensor whose values are said to lie in /etc/passwd. */
const external: Write = (tensor) => {
  tensor.varintField(2, 1);
  tensor.stringField(8, "elsewhere");
  tensor.message(13, (entry) => {
    entry.stringField(1, "location");
    entry.stringField(2, "/etc/passwd");
  });
  tensor.varintField(14, 1);
};
const locationOnly: Write = (tensor) => {
  tensor.stringField(8, "elsewhere");
  tensor.varintField(14, 1);
};
const entryOnly: Write = (tensor) => {
  tensor.stringField(8, "elsewhere");
  tensor.message(13, () => {});
};
const inFile: Write = (tensor) => {
  tensor.varintField(14, 0);
  tensor.stringField(8, "here");
  tensor.bytesField(9, new Uint8Array(4));
};

/** Ways from a model to a tensor, as fields of onnx.proto. */
const graph = (write: Write): Write => inside(7, write);
const attribute = (write: Write): Write => graph(inside(1, inside(5, write)));
const places: [string, (tensor: Write) => Write][] = [
  ["an initializer", (t) => graph(inside(5, t))],
  ["the values of a sparse initializer", (t) => graph(inside(15, inside(1, t)))],
  ["the indices of a sparse initializer", (t) => graph(inside(15, inside(2, t)))],
  ["an attribute", (t) => attribute(inside(5, t))],
  ["an attribute's list", (t) => attribute(inside(10, t))],
  ["a sparse attribute", (t) => attribute(inside(22, inside(1, t)))],
  ["an attribute's list of sparse tensors", (t) => attribute(inside(23, inside(2, t)))],
  ["a subgraph's initializer", (t) => attribute(inside(6, inside(5, t)))],
  ["a subgraph in a list, in an attribute", (t) => attribute(inside(11, inside(1, inside(5, inside(5, t)))))],
  ["a subgraph of a subgraph", (t) => attribute(inside(6, inside(1, inside(5, inside(6, inside(5, t))))))],
  ["a function's node", (t) => inside(25, inside(7, inside(5, inside(5, t))))],
  ["a function's default attribute", (t) => inside(25, inside(11, inside(5, t)))],
  ["a training program's start", (t) => inside(20, inside(1, inside(5, t)))],
  ["a training program's steps", (t) => inside(20, inside(2, inside(5, t)))],
];

describe("values in another file", () => {
  it.each(places)("are found in %s", (_, place) => {
    for (const tensor of [external, locationOnly, entryOnly]) {
      const found = surveyModel(message(place(tensor)));
      expect(found.external).toEqual(["elsewhere"]);
      expect(() => refuseOtherFiles(found)).toThrow(
        expect.objectContaining({ code: "invalid-model", message: expect.stringContaining('"elsewhere"') }),
      );
    }
    const fine = surveyModel(message(place(inFile)));
    expect(fine.external).toEqual([]);
    refuseOtherFiles(fine);
  });

  it("are found however the place is written", () => {
    const strange: Write = (tensor) => tensor.bytesField(14, Uint8Array.of(1));
    const large: Write = (tensor) => tensor.varintField(14, 2n ** 40n);
    for (const tensor of [strange, large]) {
      expect(surveyModel(message(graph(inside(5, tensor)))).external).toHaveLength(1);
    }
  });
});

describe("a file that other readers understand otherwise", () => {
  it("has two graphs, of which protocol buffers make one", () => {
    const two = message((writer) => {
      graph(inside(5, inFile))(writer);
      graph(inside(5, inFile))(writer);
    });
    expect(() => refuseOtherFiles(surveyModel(two))).toThrow(/a part twice/);
  });

  it("is nested without end, or cut off", () => {
    let nested: Write = inFile;
    for (let depth = 0; depth < 5000; depth++) {
      const inner = message(nested);
      nested = (writer) => writer.message(1, (node) => node.message(5, (a) => a.bytesField(6, inner)));
      if (depth === 60)
        expect(() => surveyModel(message(graph(nested)))).toThrow(/nested more than 100 deep/);
      if (depth > 60) break;
    }
    const whole = message(graph(inside(5, inFile)));
    for (let end = 1; end < whole.length; end++) {
      try {
        surveyModel(whole.subarray(0, end));
      } catch (error) {
        expect(error).toMatchObject({ code: "invalid-model" });
      }
    }
  });
});

describe("operators", () => {
  const node = (type: string, domain = ""): Write =>
    inside(1, (writer) => {
      writer.stringField(4, type);
      writer.stringField(7, domain);
    });

  it("that this package does not write are refused by name, in subgraphs and of other domains too", () => {
    refuseForeignOperators(surveyModel(message(graph(node("Add")))));
    refuseForeignOperators(surveyModel(message(graph(node("LabelEncoder", "ai.onnx.ml")))));
    const cases: [Write, RegExp][] = [
      [graph(node("If")), /operator "If"/],
      [graph(node("Add", "com.microsoft")), /operator "com.microsoft:Add"/],
      [attribute(inside(6, node("SequenceMap"))), /operator ""|operator "SequenceMap"/],
      [
        inside(
          25,
          inside(7, (writer) => writer.stringField(4, "RandomNormal")),
        ),
        /operator "RandomNormal"/,
      ],
    ];
    for (const [write, words] of cases) {
      expect(() => refuseForeignOperators(surveyModel(message(write)))).toThrow(words);
    }
  });

  it("hidden in functions of the file's own are refused", () => {
    const own = inside(
      25,
      inside(7, (writer) => writer.stringField(4, "Add")),
    );
    expect(() => refuseForeignOperators(surveyModel(message(own)))).toThrow(/functions/);
  });
});
