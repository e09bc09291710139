// The service, as `npm run service` starts it: a model of the demo's plant, and the plant's day with faults as what was scored.
// The folder keeps everything; the next start goes on from there.
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { Auto, tableFromRows } from "hypersphere";
import { startService } from "hypersphere-server";
import { simulatePlant } from "./plant.js";

const folder = "demo-output/service";
const models = `${folder}/models`;
const keyFile = `${folder}/key`;
const say = (text = "") => console.log(text);

await mkdir(models, { recursive: true });
const plant = simulatePlant();
if (!existsSync(`${models}/plant.onnx`)) {
  say("Training a model of the demo's plant ...");
  const columns = plant.history.map(({ time: _, ...row }) => row);
  const model = await new Auto({ seed: 7 }).fit(tableFromRows(columns));
  await model.save(`${models}/plant.onnx`);
}

const service = await startService({ models, data: `${folder}/data` }).catch((error) => {
  console.error(`${error.message}${error.hint ? ` ${error.hint}` : ""}`);
  process.exit(1);
});
process.once("SIGINT", () => void service.close());
process.once("SIGTERM", () => void service.close());

// A service shows its first key once. The demo keeps it beside the data; do not do so elsewhere.
const begun = service.firstKey !== undefined;
if (begun) await writeFile(keyFile, service.firstKey, { mode: 0o600 });
const key = await readFile(keyFile, "utf8");

const ask = async (method, path, body) => {
  const answer = await fetch(`${service.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return JSON.parse(text);
};

if (begun) {
  // The simulated day ends now.
  const late = Date.now() - Date.parse(plant.today.at(-1).time);
  const rows = plant.today.map(({ fault: _, ...row }) => ({
    ...row,
    time: new Date(Date.parse(row.time) + late).toISOString(),
  }));
  const { flagged } = await ask("POST", "/v1/models/plant/score?timeColumn=time&entityColumn=line", rows);
  say(`Scored the plant's day: ${flagged} of ${rows.length} rows are flagged.`);
}
const { incidents } = await ask("GET", "/v1/incidents?model=plant&limit=1000");
say(`Incidents: ${incidents.length}. The worst:`);
for (const { entity, firstAt, flagged, severity } of incidents
  .sort((a, b) => b.severity - a.severity)
  .slice(0, 5)) {
  say(
    `  ${entity === "" ? "no line" : `line ${entity}`}, ${firstAt}, ${flagged} rows, severity ${severity.toFixed(1)}`,
  );
}
say();
say(`Page:    ${service.url}   the API: ${service.url}/docs`);
say(`Key:     ${key}   to sign in with`);
say(`Try:     curl -H "Authorization: Bearer ${key}" "${service.url}/v1/incidents?model=plant"`);
say("Ctrl-C ends it.");
