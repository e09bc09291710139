/** Images that were scored, as people see them: beside the verdict, with a map of where they are abnormal. */
import type { Browser } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumPath, launch } from "../../../test/browser/chromium.js";
import { partImage, plainModel } from "../../../test/map-models.js";
import { openStore } from "../src/store/index.js";
import { broken, goTo, openTab } from "./support/browser-page.js";
import { type Answer, type Started, start } from "./support/start.js";

const DEFECT = { left: 20, top: 20, width: 14, height: 10 };
const SCORE = "/v1/models/parts/score";

let service: Started & { key: string };
beforeAll(async () => {
  service = await start();
  const upload = { headers: { "content-type": "application/octet-stream" } };
  const file = (await plainModel()).toBytes();
  expect((await service.call("POST", "/v1/models?name=parts", file, upload)).status).toBe(201);
  await service.call("POST", "/v1/models/parts/activate", { version: 1 });
});
afterAll(() => service?.stop());

const png = ({ height, width, data }: ReturnType<typeof partImage>): Promise<Buffer> =>
  sharp(data, { raw: { height, width, channels: 3 } })
    .png()
    .toBuffer();

async function score(
  image: ReturnType<typeof partImage>,
  query = "",
): Promise<{ id: number; isAnomaly: boolean }> {
  const headers = { "content-type": "image/png" };
  const { status, body } = await service.call("POST", `${SCORE}${query}`, await png(image), { headers });
  expect([status, body.detail]).toEqual([200, undefined]);
  return body.rows[0];
}

const pictureOf = (id: number, of: string, key = service.key): Promise<Answer> =>
  service.call("GET", `/v1/results/${id}/picture?of=${of}`, undefined, { key });

/** Bytes of a picture, and what is in it. */
async function seen(id: number, of: string) {
  const url = `${service.service.url}/v1/results/${id}/picture?of=${of}`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${service.key}` } });
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "image/webp"]);
  const bytes = Buffer.from(await answer.arrayBuffer());
  const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { bytes, data, ...info };
}

describe("pictures of images", () => {
  test("are kept of those that were flagged: as they are, and coloured where they are abnormal", async () => {
    const { id, isAnomaly } = await score(partImage("b", { defect: DEFECT }));
    expect(isAnomaly).toBe(true);
    const [image, map] = [await seen(id, "image"), await seen(id, "map")];
    expect([image.width, image.height, map.width, map.height]).toEqual([64, 48, 64, 48]);
    const redness = ({ data, width }: typeof image, x: number, y: number): number => {
      const at = 3 * (y * width + x);
      return data[at]! - (data[at + 1]! + data[at + 2]!) / 2;
    };
    // Black inside the defect, and coloured there alone.
    expect(image.data[3 * (25 * 64 + 27)]!).toBeLessThan(60);
    expect(Math.abs(redness(image, 27, 25))).toBeLessThan(30);
    const difference = (x: number, y: number): number => {
      const at = 3 * (y * 64 + x);
      return [0, 1, 2].reduce((sum, k) => sum + Math.abs(map.data[at + k]! - image.data[at + k]!), 0);
    };
    expect(difference(27, 25)).toBeGreaterThan(100);
    expect(difference(5, 40)).toBeLessThan(60);
  });

  test("are small, whatever was sent", async () => {
    const large = partImage("large", {
      ...{ height: 900, width: 1200 },
      defect: { left: 300, top: 300, width: 300, height: 200 },
    });
    const { id } = await score(large);
    for (const of of ["image", "map"]) {
      const { bytes, width, height } = await seen(id, of);
      expect([width, height]).toEqual([640, 480]);
      expect(bytes.length).toBeLessThanOrEqual(64 * 1024);
    }
  });

  test("are kept of those that the request says, and shown to those who review", async () => {
    const good = partImage("a");
    const [usual, all] = [await score(good), await score(good, "?keep=all")];
    const odd = partImage("c", { defect: DEFECT });
    const none = await score(odd, "?keep=none");
    expect([usual.isAnomaly, all.isAnomaly, none.isAnomaly]).toEqual([false, false, true]);
    const statusOf = async (id: number, key?: string) => (await pictureOf(id, "map", key)).status;
    expect(await statusOf(all.id)).toBe(200);
    for (const id of [usual.id, none.id, 999_999]) {
      const { status, body } = await pictureOf(id, "image");
      expect([status, body.code]).toEqual([404, "not-found"]);
    }
    const keyOf = async (role: string): Promise<string> =>
      (await service.call("POST", "/v1/keys", { name: role, role })).body.key;
    expect(await statusOf(all.id, await keyOf("score"))).toBe(403);
    expect(await statusOf(all.id, await keyOf("review"))).toBe(200);
    expect((await pictureOf(all.id, "other")).status).toBe(400);
    // Nothing at all is stored of those that store nothing.
    const { body } = await service.call("POST", `${SCORE}?results=none`, await png(odd), {
      headers: { "content-type": "image/png" },
    });
    expect(body.rows[0]).toMatchObject({ id: null, isAnomaly: true });
    // Of an animation the first frame is an image, and the caller is told so, without a word about where the file was.
    const { data, width, height } = odd;
    const raw = { width, height: 2 * height, channels: 3, pageHeight: height } as const;
    const frames = await sharp(Buffer.concat([data, data.map((value) => 255 - value)]), { raw })
      .webp({ lossless: true })
      .toBuffer();
    const said = await service.call("POST", `${SCORE}?results=none`, frames, {
      headers: { "content-type": "image/webp" },
    });
    expect(said.body.warnings).toEqual([
      expect.stringMatching(/^the body: 1 file holds .*: the body \(2\)\./),
    ]);
  });

  describe.skipIf(chromiumPath === undefined)("on the page", () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launch();
    });
    afterAll(() => browser?.close());

    test("stand beside the verdict, which one key gives", async () => {
      const complaints: string[] = [];
      const page = await openTab(browser, (text) => complaints.push(text), service.service.url, service.key);
      await goTo(page, "review?model=parts");
      const images = [
        page.getByAltText("The image that was scored"),
        page.getByAltText("The image, coloured where it is abnormal"),
      ];
      for (const image of images) {
        await image.waitFor();
        expect(await image.evaluate((one) => (one as HTMLImageElement).naturalWidth)).toBeGreaterThan(0);
      }
      expect(await broken(page)).toEqual([]);
      const { incidents } = (await service.call("GET", "/v1/incidents?model=parts&reviewed=false")).body;
      await page.keyboard.press("a");
      await page.getByText(`1 of ${incidents.length} judged`).waitFor();
      const judged = await service.call("GET", `/v1/incidents/${incidents[0].id}`);
      expect(judged.body.verdict).toBe("anomaly");
      expect(complaints).toEqual([]);
    });
  });
});

test("pictures go with their results", async () => {
  await service.stop();
  const store = await openStore({ folder: service.data });
  const count = async () => (await store.db.selectFrom("result_pictures").selectAll().execute()).length;
  expect(await count()).toBeGreaterThan(0);
  await store.db.deleteFrom("verdicts").execute();
  await store.db.deleteFrom("results").execute();
  expect(await count()).toBe(0);
  await store.close();
});
