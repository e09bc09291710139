import { createHash } from "node:crypto";
import { sql } from "kysely";
import { factsOfVersion, findModel, listVersions, refuseFleet, type StoredVersion } from "../models/index.js";
import { Problem } from "../problem.js";
import type { Settings } from "../settings.js";
import type { Database } from "../store/index.js";
import { addJob, type NewJob, type StoredJob } from "./job-store.js";
import type { RefitRow } from "./refit-work.js";
import { requireNormalRule } from "./request.js";

/** The latest of them. */
const MOST_ROWS = 50_000;
/** Share of the rows with verdicts that no refit learns from. */
const HELD_OUT = 1 / 3;

/**
 * Asks for a version that learns from what people said of the active one.
 * @throws Problem `not-found`, `conflict` where there is nothing to learn from
 */
export async function addRefit(
  db: Database,
  { name, rule }: { name: string; rule?: string | undefined },
  settings: Pick<Settings, "strangerSeconds" | "strangerMiB" | "maxQueuedJobs">,
  { who, settle }: Pick<NewJob, "who" | "settle">,
): Promise<StoredJob> {
  if (rule !== undefined) requireNormalRule(rule);
  const model = await findModel(db, name);
  const versions = await listVersions(db, model.id);
  const version = versions.find((one) => one.version === model.active_version);
  if (version === undefined) throw new Problem("conflict", `No version of "${name}" is active.`);
  refuseFleet(version, "verdicts refit one model");
  requireTable(name, version);
  const rows = await keptRows(db, model.id);
  if (!rows.some(({ label }) => label >= 0)) {
    throw new Problem("conflict", `Nobody has said of a kept row of "${name}" what it was.`, {
      hint: "Give verdicts on results or incidents first; rows without stored values count for nothing.",
    });
  }
  const limits = { seconds: settings.strangerSeconds, memoryMiB: settings.strangerMiB };
  return addJob(
    db,
    {
      ...{ kind: "refit", model: name, version: version.version, trusted: version.trusted, limits },
      ...(rule !== undefined && { rule }),
    },
    Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join("")),
    { who, most: settings.maxQueuedJobs, settle },
  );
}

function requireTable(name: string, version: StoredVersion): void {
  const { kind } = factsOfVersion(version);
  if (kind === "table") return;
  throw new Problem(
    "conflict",
    `"${name}" is a model of ${kind}: single rows that were kept make no whole ones.`,
    {
      hint: "Train it anew with POST /v1/jobs/train.",
    },
  );
}

/**
 * Rows whose values were kept, with the verdict on them or on their incident. Flagged rows of which nobody has said anything
 * are left out: they are neither known to be normal, nor not.
 */
async function keptRows(db: Database, modelId: number): Promise<RefitRow[]> {
  const { rows } = await sql<{ id: number; input: string; verdict: "normal" | "anomaly" | null }>`
    select * from (
      select results.id, results.input, results.flagged, coalesce(
        (select verdict from verdicts where result_id = results.id order by id desc limit 1),
        (select verdict from verdicts where incident_id = results.incident_id order by id desc limit 1)) as verdict
      from results
      where model_id = ${modelId} and not shadow and input is not null
      order by id desc limit ${MOST_ROWS}) as kept
    where verdict is not null or not flagged
    order by id`.execute(db);
  return rows.map(({ id, input, verdict }) => ({
    input: JSON.parse(input),
    label: verdict === null ? -1 : verdict === "anomaly" ? 1 : 0,
    held: verdict !== null && isHeldOut(id),
  }));
}

/** By the result alone: no later refit learns from a row that an earlier one was compared on. */
function isHeldOut(id: number): boolean {
  return createHash("sha256").update(String(id)).digest().readUInt32LE(0) < HELD_OUT * 2 ** 32;
}
