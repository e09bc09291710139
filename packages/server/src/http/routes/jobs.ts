import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import {
  addJob,
  addRefit,
  cancelJob,
  checkTraining,
  type FORMATS,
  findJob,
  listJobs,
  readingSchema,
  type StoredJob,
} from "../../jobs/index.js";
import { Problem } from "../../problem.js";
import type { Database } from "../../store/index.js";
import { access, moreProblems, problems } from "../access.js";
import { idempotencyHeaders, idempotent } from "../idempotent.js";
import { parseJson } from "../parse-json.js";
import { readBody } from "../read-body.js";
import { jobParams, modelParams, nameSchema, next, optionalText, pageQuery } from "../schemas.js";
import type { Env, Services } from "../services.js";

const TYPES: Readonly<Record<string, (typeof FORMATS)[number]>> = {
  "text/csv": "csv",
  "application/x-ndjson": "jsonl",
  "application/jsonl": "jsonl",
  "application/vnd.apache.parquet": "parquet",
};
const KINDS = ["train", "refit"] as const;
const STATUSES = ["queued", "running", "done", "failed", "cancelled"] as const;

const progressSchema = z.object({
  stage: z.enum(["preparing", "pretraining", "training", "calibrating"]),
  fraction: z.number().describe("Of the whole, from 0 to 1."),
  member: z.int().optional().describe("Of an ensemble, from 1."),
  members: z.int().optional(),
  fold: z.int().optional().describe("From 1."),
  folds: z.int().optional(),
  epoch: z.int().optional().describe("Epochs that are done in this stage."),
  epochs: z.int().optional().describe("Epochs to do at most."),
  unit: z.literal("step").optional().describe("Where these are steps, and no epochs."),
  loss: z.number().nullable().optional().describe("Mean loss of the last epoch; null where it is no number."),
});

const jobSchema = z
  .object({
    id: z.string(),
    kind: z.enum(KINDS),
    model: z.string(),
    status: z.enum(STATUSES),
    request: z.record(z.string(), z.unknown()),
    progress: progressSchema.nullable().describe("As far as it is known."),
    result: z
      .object({ model: z.string(), version: z.int() })
      .nullable()
      .describe("The version that it made, which does not answer until it is activated."),
    error: z.string().nullable(),
    starts: z.int().describe("More than one: it went on after the service had stopped."),
    createdBy: z.string(),
    createdAt: z.string(),
    startedAt: z.string().nullable(),
    endedAt: z.string().nullable(),
  })
  .openapi("Job");
export type Job = z.infer<typeof jobSchema>;

const jsonText = (what: string) => z.string().max(16_384).optional().describe(what);

const trainQuery = z.strictObject({
  model: nameSchema.describe("The model that gets another version; a new name makes a model."),
  detector: z.string().max(64).default("auto"),
  options: jsonText('Options of the detector, as JSON, such as {"seed": 1}.'),
  rule: z.string().max(200).optional().describe('Rule for the threshold, such as "false-alarms 1%".'),
  reading: jsonText(
    `How the data are read, as JSON with any of ${Object.keys(readingSchema.shape).join(", ")}; see open of the library.`,
  ),
});

const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { "application/json": { schema } },
});
const binary = { schema: { type: "string", format: "binary" } as const };

/** Trainings: what is asked for, how far it is, and what came of it. */
export function jobRoutes(app: OpenAPIHono<Env>, services: Services): void {
  const { db } = services.store;
  const { settings } = services;
  const admins = access(services, ["admin"]);
  const tags = ["Jobs"];
  const begun = (job: StoredJob) => {
    // Where this fails, the service tries again soon.
    services.foreman.round().catch(() => {});
    return jobOf(job);
  };

  app.openapi(
    createRoute({
      operationId: "trainModel",
      ...{ method: "post", path: "/v1/jobs/train", tags, summary: "Train a model from uploaded rows" },
      description:
        "The body is CSV, JSON lines or Parquet. The training runs in a process of its own, goes on after a restart, and makes " +
        "a version that does not answer until it is activated.",
      ...admins,
      request: {
        query: trainQuery,
        headers: idempotencyHeaders,
        body: {
          required: true,
          content: Object.fromEntries(Object.keys(TYPES).map((type) => [type, binary])),
        },
      },
      responses: { ...{ ...problems, ...moreProblems }, 202: json(jobSchema, "The job, which waits.") },
    }),
    async (c) => {
      refuseUnsigned(services);
      const { model, detector, rule, ...given } = c.req.valid("query");
      const options = objectIn(given.options, "options", z.record(z.string(), z.unknown()));
      const reading = objectIn(given.reading, "reading", readingSchema);
      checkTraining({ detector, options, rule });
      const format = formatOf(c.req.header("content-type"));
      const { maxJobBytes: most } = settings;
      const data = await readBody(c, { bytes: most, unpacked: most });
      if (data.length === 0) throw new Problem("invalid-request", "The body is empty.");
      const request = { kind: "train" as const, model, detector, options, rule, reading, format };
      const { name: who } = c.get("caller");
      return idempotent(c, services, { body: data, status: 202 }, async (keep) => {
        const settle = keep && ((trx: Database, job: StoredJob) => keep(trx, jobOf(job)));
        return begun(await addJob(db, request, data, { who, most: settings.maxQueuedJobs, settle }));
      }) as never;
    },
  );

  app.openapi(
    createRoute({
      operationId: "refitModel",
      ...{ method: "post", path: "/v1/models/{name}/refit", tags },
      summary: "Train a version from what people said of kept rows",
      description:
        "Deep SVDD and Deep SAD go on as Deep SAD, from the networks of the active version and all verdicts; other detectors " +
        "learn anew, without rows said to be anomalies. A third of the rows with verdicts is held out, and both versions are " +
        "compared on them.",
      ...admins,
      request: {
        params: modelParams,
        headers: idempotencyHeaders,
        query: z.strictObject({
          rule: z.string().max(200).optional().describe("For the threshold; default: that of the version."),
        }),
      },
      responses: { ...{ ...problems, ...moreProblems }, 202: json(jobSchema, "The job, which waits.") },
    }),
    async (c) => {
      refuseUnsigned(services);
      const given = { ...c.req.valid("param"), ...c.req.valid("query") };
      const { name: who } = c.get("caller");
      return idempotent(c, services, { body: new Uint8Array(), status: 202 }, async (keep) => {
        const settle = keep && ((trx: Database, job: StoredJob) => keep(trx, jobOf(job)));
        return begun(await addRefit(db, given, settings, { who, settle }));
      }) as never;
    },
  );

  app.openapi(
    createRoute({
      operationId: "listJobs",
      ...{ method: "get", path: "/v1/jobs", tags, summary: "List jobs, the latest first" },
      ...admins,
      request: { query: pageQuery.extend({ status: z.enum(STATUSES).optional() }) },
      responses: { ...problems, 200: json(z.object({ jobs: z.array(jobSchema), next }), "A page of jobs.") },
    }),
    async (c) => {
      const { rows, next } = await listJobs(db, c.req.valid("query"));
      return c.json({ jobs: rows.map(jobOf), next }, 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: "getJob",
      ...{ method: "get", path: "/v1/jobs/{id}", tags, summary: "Show a job with its log" },
      ...admins,
      request: { params: jobParams },
      responses: { ...problems, 200: json(jobSchema.extend({ log: z.string() }), "The job.") },
    }),
    async (c) => {
      const job = await findJob(db, c.req.valid("param").id);
      return c.json({ ...jobOf(job), log: job.log }, 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: "cancelJob",
      ...{ method: "post", path: "/v1/jobs/{id}/cancel", tags, summary: "End a job that has not ended" },
      ...admins,
      request: { params: jobParams },
      responses: { ...{ ...problems, ...moreProblems }, 200: json(jobSchema, "The job.") },
    }),
    async (c) => {
      const job = await cancelJob(db, c.req.valid("param").id, c.get("caller").name);
      services.foreman.interrupt(job.id);
      return c.json(jobOf(job), 200);
    },
  );
}

function formatOf(contentType: string | undefined): (typeof FORMATS)[number] {
  const type = (contentType ?? "").split(";")[0]!.trim().toLowerCase();
  if (Object.hasOwn(TYPES, type)) return TYPES[type]!;
  throw new Problem(
    "unsupported-media-type",
    `Bodies of type ${JSON.stringify(type.slice(0, 80))} are not read.`,
    {
      hint: `The header "Content-Type" has to be one of ${Object.keys(TYPES).join(", ")}.`,
    },
  );
}

function objectIn<T>(text: string | undefined, name: string, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(parseJson(Buffer.from(text ?? "{}"), { what: `"${name}"` }));
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new Problem("invalid-request", `"${[name, ...path.map(String)].join(".")}": ${message}.`);
}

/** The service has no key to sign with. */
function refuseUnsigned({ verifyKey }: Services): void {
  if (verifyKey === undefined) return;
  throw new Problem(
    "conflict",
    "Models have to be signed here, and the service cannot sign what it trains.",
    {
      hint: "Train with the command, sign the file, and upload it.",
    },
  );
}

export function jobOf(job: StoredJob): Job {
  const parsed = (text: string | null) => (text === null ? null : JSON.parse(text));
  const request = JSON.parse(job.request);
  return {
    ...{ id: job.id, kind: job.kind, model: request.model, status: job.status, request },
    ...{ progress: parsed(job.progress), result: parsed(job.result), error: job.error, starts: job.starts },
    ...{ createdBy: job.created_by, createdAt: job.created_at.toISOString() },
    ...{ startedAt: optionalText(job.started_at), endedAt: optionalText(job.ended_at) },
  };
}
