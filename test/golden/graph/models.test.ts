import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { decodeModel } from "../../../src/graph/index.js";
import type { TensorValue } from "../../../src/runtime/index.js";
import { loadNativeRuntime } from "../../../src/runtime/node/native.js";
import { loadWasmRuntime } from "../../../src/runtime/web/wasm.js";
import { operatorNames, representativeModels, used } from "./representative-models.js";

const python = process.env.HYPERSPHERE_PYTHON;
const models = representativeModels();

async function outputsOf(model: Uint8Array, feeds: Readonly<Record<string, TensorValue>>, wasm = false) {
  const runtime = await (wasm ? loadWasmRuntime() : loadNativeRuntime());
  const session = await runtime.createSession(model);
  const outputs = await session.run(feeds);
  await session.release();
  return outputs;
}

function portable(values: Readonly<Record<string, TensorValue>>): object {
  return Object.fromEntries(
    Object.entries(values).map(([name, { dtype, shape, data }]) => [
      name,
      {
        dtype,
        shape,
        data: Array.from(data as ArrayLike<unknown>, (v) => (Object.is(v, -0) ? "-0" : String(v))),
      },
    ]),
  );
}

describe("representative models", () => {
  it("use every operator", () => {
    expect(operatorNames.filter((name) => !used.has(name))).toEqual([]);
  });

  it.each(models)("$name: declares what it computes", async ({ model, feeds, metadata }) => {
    const decoded = decodeModel(model);
    const outputs = await outputsOf(model, feeds);
    expect(decoded.metadata).toEqual(metadata);
    expect(decoded.outputs.map(({ name }) => name)).toEqual(Object.keys(outputs));
    for (const { name, dtype, shape } of decoded.outputs) {
      expect(outputs[name]!.dtype).toBe(dtype);
      expect(outputs[name]!.shape).toHaveLength(shape.length);
      shape.forEach((dim, axis) => {
        if (typeof dim === "number") expect(outputs[name]!.shape[axis]).toBe(dim);
      });
    }
  });

  it.each(models)("$name: WebAssembly agrees", async ({ model, feeds }) => {
    const native = await outputsOf(model, feeds);
    const wasm = await outputsOf(model, feeds, true);
    for (const [name, { dtype, shape, data }] of Object.entries(native)) {
      expect(wasm[name]).toMatchObject({ dtype, shape: [...shape] });
      if (!dtype.startsWith("float")) expect(wasm[name]!.data).toEqual(data);
      else {
        (data as Float32Array).forEach((value, k) => {
          const other = (wasm[name]!.data as Float32Array)[k]!;
          const close =
            Object.is(value, other) || Math.abs(value - other) <= 1e-6 * Math.max(1, Math.abs(value));
          expect(close, `${name}[${k}]: ${other} instead of ${value}`).toBe(true);
        });
      }
    }
  });

  it("pass onnx's checker and give the same results in Python", async ({ skip }) => {
    skip(python === undefined, "HYPERSPHERE_PYTHON names no Python with onnx, onnxruntime and numpy");
    const directory = await mkdtemp(join(tmpdir(), "hypersphere-models-"));
    try {
      for (const { name, model, feeds, metadata } of models) {
        const outputs = await outputsOf(model, feeds);
        const expected = { metadata, inputs: portable(feeds), outputs: portable(outputs) };
        await writeFile(join(directory, `${name}.onnx`), model);
        await writeFile(join(directory, `${name}.json`), JSON.stringify(expected));
      }
      const script = fileURLToPath(new URL("check_models.py", import.meta.url));
      const { stdout } = await promisify(execFile)(python!, [script, directory]).catch((error) => {
        throw new Error(`check_models.py found:\n${error.stdout}\n${error.stderr}`);
      });
      expect(
        stdout
          .trim()
          .split("\n")
          .map((line) => line.split(":")[0]),
      ).toEqual(models.map(({ name }) => `ok ${name}`).sort());
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
