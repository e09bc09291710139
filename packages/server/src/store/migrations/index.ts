import type { Migration } from "kysely";
import { tables } from "./0001-tables.js";
import { outboxAndJobs } from "./0002-outbox-and-jobs.js";
import { scoreCounts } from "./0003-score-counts.js";
import { reportsAndTests } from "./0004-reports-and-tests.js";
import { idempotencyKeys } from "./0005-idempotency-keys.js";
import { unstoredRows } from "./0006-unstored-rows.js";
import { fleets } from "./0007-fleets.js";
import { pictures } from "./0008-pictures.js";
import { cheaperResults } from "./0009-cheaper-results.js";
import { cheaperOverview } from "./0010-cheaper-overview.js";
import { cheaperModels } from "./0011-cheaper-models.js";

/** In the order of their names. One that was released is never changed: add another. */
export const migrations: Readonly<Record<string, Migration>> = {
  "0001-tables": tables,
  "0002-outbox-and-jobs": outboxAndJobs,
  "0003-score-counts": scoreCounts,
  "0004-reports-and-tests": reportsAndTests,
  "0005-idempotency-keys": idempotencyKeys,
  "0006-unstored-rows": unstoredRows,
  "0007-fleets": fleets,
  "0008-pictures": pictures,
  "0009-cheaper-results": cheaperResults,
  "0010-cheaper-overview": cheaperOverview,
  "0011-cheaper-models": cheaperModels,
};
