import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { Problem } from "../../problem.js";
import { type GivenData, KEEPS, type ScoreAnswer, type ScoreRequest } from "../../scoring/index.js";
import { access, describedBy, moreProblems, problems } from "../access.js";
import { arrivingFormat, countOf, givenData, MEDIA_TYPES, rowsSchema } from "../given-rows.js";
import { idempotencyHeaders, idempotent } from "../idempotent.js";
import { readBody } from "../read-body.js";
import { modelParams, nameSchema } from "../schemas.js";
import { countRows, LINES, linesOf, scoreStream, takesLines } from "../score-stream.js";
import type { Env, Services } from "../services.js";
import { lineSchema, scoresSchema, type ToldScores, toldScores } from "../told-scores.js";

const column = (what: string) => z.string().min(1).max(500).optional().describe(what);

const querySchema = z.strictObject({
  entityColumn: column("Column that says what a row is about, such as a machine; of series, as trained."),
  timeColumn: column(
    "Column of a row's time: ISO 8601, or seconds or milliseconds since 1970; default: its arrival.",
  ),
  idColumn: column("Column of what you call a row."),
  operatingPoint: nameSchema.optional().describe("Decide by this one instead of the one in force."),
  keep: z
    .enum(KEEPS)
    .default("flagged")
    .describe(
      "Rows whose values are stored with the results; flagged keeps a few normal ones too, to explain others with.",
    ),
  results: z
    .enum(["all", "flagged", "none"])
    .default("all")
    .describe(
      "flagged stores flagged rows, and those whose values are kept, and counts the others by day and score: several times " +
        "as many rows a second. Drift is then not watched. none keeps nothing: no result, no count, no incident.",
    ),
});

const binary = { schema: { type: "string", format: "binary" } as const };

/** Scores rows; an answer means that the results are stored. */
export function scoreRoutes(app: OpenAPIHono<Env>, services: Services): void {
  const { settings } = services;
  app.openapi(
    createRoute({
      operationId: "scoreRows",
      ...{
        method: "post",
        path: "/v1/models/{name}/score",
        tags: ["Scores"],
        summary: "Score rows, and store the results",
      },
      description:
        "JSON, JSON lines, CSV and Parquet hold rows; an image is a row. Rows of tables that cannot be read are told one by " +
        "one; where none can, and in files, the request is refused. When the answer comes, the results are durable.\n\n" +
        "With `Accept: application/x-ndjson` the answer is a line for each row. Rows of tables in JSON lines and CSV are then answered " +
        "while others are still to come, in as many as you like; cells of CSV are judged one by one. The last line is " +
        '`{"done": {"rows": 2, "scored": 2, "flagged": 0, "refused": 0}}`, or the problem for which no more follow; without a last ' +
        "line, the answer was cut off. What has a line is durable. A body without an end is refused an `Idempotency-Key`.",
      ...access(services, ["score"]),
      request: {
        params: modelParams,
        query: querySchema,
        headers: idempotencyHeaders,
        body: {
          required: true,
          content: {
            ...Object.fromEntries(MEDIA_TYPES.map((type) => [type, binary])),
            // Validated when it was read within its bounds.
            "application/json": { schema: describedBy(rowsSchema) },
          },
        },
      },
      responses: {
        ...{ ...problems, ...moreProblems },
        200: {
          description: "One entry per row.",
          content: {
            "application/json": { schema: scoresSchema },
            [LINES]: { schema: lineSchema },
          },
        },
      },
    }),
    async (c) => {
      const { name } = c.req.valid("param");
      const { maxBodyBytes: bytes, maxUnpackedBytes: unpacked, maxRows } = settings;
      // Before the body is read: an unknown name needs none.
      await services.active.find(name);
      const asked = { model: name, ...c.req.valid("query") };
      const lines = takesLines(c);
      if (lines) {
        refuseName(c.req.header("idempotency-key"));
        const format = arrivingFormat(c.req.header("content-type"));
        // Windows reach over rows: a series is read as a whole.
        if (format !== undefined && (await services.scoring.rowsAreApart(name))) {
          return (await scoreStream(c, services, format, asked)) as never;
        }
      }
      const body = await readBody(c, { bytes, unpacked });
      const given = {
        ...{ size: body.length, signal: c.req.raw.signal },
        data: () => givenData(body, c.req.header("content-type"), maxRows),
      };
      if (lines) {
        const answer = await scored(services, given, asked);
        return linesOf(c, services, name, answer) as never;
      }
      return idempotent(c, services, { body, status: 200 }, async (keep) => {
        let told: ToldScores | undefined;
        const answer = await scored(services, given, {
          ...asked,
          settle:
            keep &&
            ((trx, found) => {
              told = toldScores(name, found);
              return keep(trx, told);
            }),
        });
        told ??= toldScores(name, answer);
        const count = told.rows.reduce((sum, row) => ("id" in row ? sum + 1 : sum), 0);
        countRows(services, name, { scored: count, flagged: told.flagged });
        return told;
      }) as never;
    },
  );
}

interface Given {
  readonly size: number;
  data(): GivenData;
  /** Aborted where the caller has gone. */
  readonly signal: AbortSignal;
}

/** Large bodies are read and scored a few at a time; what they bring is stored together. */
async function scored(
  services: Services,
  { size, data: read, signal }: Given,
  request: Omit<ScoreRequest, "data">,
): Promise<ScoreAnswer> {
  const onScored = await services.turns.take(size);
  try {
    signal.throwIfAborted();
    const data = read();
    return await services.rows.pass(await countOf(data, services.settings.maxRows), () =>
      services.scoring.score({ ...request, data, onScored }),
    );
  } finally {
    onScored();
  }
}

function refuseName(given: string | undefined): void {
  if (given === undefined) return;
  throw new Problem(
    "invalid-request",
    "An answer in lines is not kept, so that no Idempotency-Key can be given.",
    {
      hint: "Leave it out, or take the answer as JSON.",
    },
  );
}
