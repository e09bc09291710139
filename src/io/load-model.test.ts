/** Models that may come from anybody; their processes start from the last build. */
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { endlessModel, hungryModel, strangeRows, tameModel } from "../../test/strange-models.js";
import { HypersphereError } from "../errors.js";
import { loadModel, Model, open, signModel, verifyModel } from "../index.js";

const fixtures = fileURLToPath(new URL("../../test/fixtures/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "hypersphere-load-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: Uint8Array): string {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}

async function failure(work: Promise<unknown>): Promise<HypersphereError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HypersphereError);
  return error as HypersphereError;
}

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
};

describe("a model that is not trusted", () => {
  const queries = { images: "stripes-query.npy", series: "machines-query.csv", table: "pump-query.csv" };
  const models = readdirSync(`${fixtures}models-0.1.0`).filter((name) => name.endsWith(".onnx"));

  it("has no operator but ours, whichever detector wrote it", async () => {
    for (const name of models) {
      await Model.fromBytes(readFileSync(`${fixtures}models-0.1.0/${name}`), { trusted: false });
    }
    expect(models.length).toBeGreaterThan(20);
  });

  it.each(["knn", "series-auto", "images-pca"])("%s scores as it does elsewhere", async (name) => {
    const path = `${fixtures}models-0.1.0/${name}.onnx`;
    const trusted = await loadModel(path);
    const strange = await loadModel(path, { trusted: false });
    const samples = await open(`${fixtures}models-0.1.0/${queries[trusted.card.schema.kind]}`, {
      model: trusted,
    });
    const right = await trusted.score(samples);
    expect(await strange.score(samples)).toEqual(right);
    // Models made from it are no more trusted.
    const stricter = await strange.withThreshold({ ...strange.card.threshold, threshold: 1e9 });
    expect((await stricter.score(samples)).scores).toEqual(right.scores);
    const untrained = await trusted.untrainedScores(samples);
    expect(await strange.untrainedScores(samples)).toEqual(untrained);
    await Promise.all([trusted.close(), strange.close(), stricter.close()]);
    // And again after its process has ended.
    expect((await strange.score(samples)).scores).toEqual(right.scores);
    await strange.close();
  });

  it("is stopped when it does not come to an end, and stops nothing else", async () => {
    const endless = await loadModel(file("endless.onnx", await endlessModel()), {
      trusted: false,
      limits: { seconds: 2 },
    });
    const tame = await loadModel(file("tame.onnx", await tameModel()), { trusted: false });
    const took = await seconds(async () => {
      const [error, scores] = await Promise.all([
        failure(endless.score(strangeRows)),
        tame.score(strangeRows),
      ]);
      expect(error).toMatchObject({ code: "runtime", message: expect.stringContaining("more than 2 s") });
      expect(scores.scores).toHaveLength(40);
    });
    expect(took).toBeLessThan(10);
    await Promise.all([endless.close(), tame.close()]);
  });

  it("is stopped when it takes too much memory", async () => {
    const hungry = await loadModel(file("hungry.onnx", await hungryModel()), {
      trusted: false,
      limits: { memoryMiB: 600, seconds: 60 },
    });
    const error = await failure(hungry.score(strangeRows));
    expect(error).toMatchObject({ code: "runtime", message: expect.stringMatching(/memory/) });
    await hungry.close();
  });

  it("is refused for operators that this package does not write, by their name", async () => {
    const bytes = await tameModel();
    // Sub and Div are ours; Mod is not, and its name is as long.
    const text = Buffer.from(bytes).toString("latin1");
    const foreign = Buffer.from(text.replace("\x22\x03Sub", "\x22\x03Mod"), "latin1");
    expect(foreign.equals(bytes)).toBe(false);
    const error = await failure(loadModel(file("foreign.onnx", foreign), { trusted: false }));
    expect(error).toMatchObject({
      code: "invalid-model",
      message: expect.stringContaining('operator "Mod"'),
    });
  });

  it.each(["card_no_schema", "card_thr_null", "model-reads-cwd-file", "model-loop"])(
    "%s is refused",
    async (name) => {
      const path = `${fixtures}strange-models/${name}.onnx`;
      for (const trusted of [true, false]) {
        expect((await failure(loadModel(path, { trusted }))).code).toBe("invalid-model");
      }
    },
  );

  it("takes limits above 0, and only then", async () => {
    const path = file("tame2.onnx", await tameModel());
    for (const seconds of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, "5" as unknown as number]) {
      expect((await failure(loadModel(path, { trusted: false, limits: { seconds } }))).code).toBe(
        "invalid-option",
      );
    }
    expect((await failure(loadModel(path, { limits: { seconds: 1 } }))).hint).toContain("trusted: false");
  });
});

describe("a signature", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const other = generateKeyPairSync("ed25519");
  const pem = publicKey.export({ type: "spki", format: "pem" }).toString();

  it("lets the file be, for everybody else", async () => {
    const bytes = await tameModel();
    const signed = await signModel(bytes, privateKey);
    expect(signed.subarray(0, bytes.length)).toEqual(bytes);
    const model = await Model.fromBytes(signed);
    const plain = await Model.fromBytes(bytes);
    expect(await model.score(strangeRows)).toEqual(await plain.score(strangeRows));
    // Signed twice is signed once; a model that was changed is not signed.
    expect(await signModel(signed, privateKey)).toEqual(signed);
    const changed = await model.withThreshold({ ...model.card.threshold, threshold: 3 });
    expect((await failure(verifyModel(changed.toBytes(), publicKey))).message).toContain("not signed");
    await Promise.all([model.close(), plain.close()]);
  });

  it("is asked for where a key is given, as text, as a path and as a key", async () => {
    const bytes = await tameModel();
    const path = file(
      "signed.onnx",
      await signModel(bytes, privateKey.export({ type: "pkcs8", format: "pem" }) as string),
    );
    for (const verifyKey of [pem, file("pub.pem", Buffer.from(pem)), publicKey]) {
      expect((await loadModel(path, { verifyKey })).card.detector).toBe("knn");
    }
    const unsigned = await failure(loadModel(file("unsigned.onnx", bytes), { verifyKey: pem }));
    expect(unsigned).toMatchObject({ code: "invalid-model", message: expect.stringContaining("not signed") });
    const foreign = await failure(loadModel(path, { verifyKey: other.publicKey }));
    expect(foreign).toMatchObject({
      code: "invalid-model",
      message: expect.stringContaining("does not fit"),
    });
  });

  it("shows every change: any bit, any cut, anything added", async () => {
    const signed = await signModel(await tameModel(), privateKey);
    await verifyModel(signed, publicKey);
    const refused = async (bytes: Uint8Array): Promise<void> => {
      expect((await failure(verifyModel(bytes, publicKey))).code).toBe("invalid-model");
    };
    // Every byte of the signature's own entry and of the end of the file, and any other byte.
    for (let at = signed.length - 200; at < signed.length; at++) {
      for (const bit of [1, 2, 4, 8, 16, 32, 64, 128]) {
        const bytes = signed.slice();
        bytes[at]! ^= bit;
        await refused(bytes);
      }
    }
    await fc.assert(
      fc.asyncProperty(fc.nat(signed.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = signed.slice();
        bytes[at]! ^= change;
        await refused(bytes);
      }),
      { numRuns: 500 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.nat(signed.length - 1),
        fc.uint8Array({ minLength: 1, maxLength: 9 }),
        async (at, more) => {
          await refused(signed.slice(0, at));
          await refused(Uint8Array.from([...signed.subarray(0, at), ...more, ...signed.subarray(at)]));
          await refused(Uint8Array.from([...signed, ...more]));
        },
      ),
      { numRuns: 100 },
    );
  });

  it("needs Ed25519 keys", async () => {
    const bytes = await tameModel();
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const wrong = [rsa.privateKey, publicKey, "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----"];
    for (const key of wrong) {
      expect(await failure(signModel(bytes, key))).toMatchObject({
        code: "invalid-option",
        hint: expect.stringContaining("openssl genpkey"),
      });
    }
    expect((await failure(signModel(bytes, join(folder, "nowhere.pem")))).code).toBe("io");
    expect((await failure(verifyModel(bytes, rsa.publicKey))).code).toBe("invalid-option");
    const secret = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const signed = await signModel(bytes, secret);
    for (const key of [secret, file("secret.pem", Buffer.from(secret)), privateKey]) {
      expect(await failure(verifyModel(signed, key))).toMatchObject({
        code: "invalid-option",
        message: expect.stringContaining("should be a public Ed25519 key; "),
      });
    }
    expect((await failure(verifyModel(signed, secret))).message).toContain("only whoever signs should have");
  });
});
