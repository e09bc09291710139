import { once } from "node:events";
import { type ErrorCode, HypersphereError } from "../../errors.js";
import type { CliCommand } from "../command.js";
import { VERIFY_KEY } from "../files/model-file.js";
import { whole } from "../flags/parse.js";
import { optionalPackage } from "../optional-package.js";

interface ServeFlags {
  readonly data: string;
  readonly port: number;
  readonly host: string;
  readonly database?: string;
  readonly webhooksToPrivate?: boolean;
  readonly keepResultsDays?: number;
  readonly keepDeliveriesDays?: number;
  readonly keepJobsDays?: number;
  readonly keepAuditDays?: number;
}

/** For how long what is kept; without a flag for ever. */
const KEPT = {
  "--keep-results-days":
    "delete results that came longer ago, with verdicts on them and what is left of incidents",
  "--keep-deliveries-days": "delete deliveries of webhooks that are older, once they were taken or are dead",
  "--keep-jobs-days": "delete jobs that ended longer ago, with their reports; versions that they made stay",
  "--keep-audit-days": "delete entries of the audit log that are older",
} as const;
/** Beyond a century, leave the flag out. */
const MOST_DAYS = { from: 1, to: 36_500 };

/** What of the package hypersphere-server is used here, which this one does not depend on. */
interface ServicePackage {
  startService(options: {
    models?: string | undefined;
    data: string;
    port: number;
    host: string;
    database?: string | undefined;
    verifyKey?: string | undefined;
    settings?: {
      webhooksToPrivate: boolean;
      keepResultsDays: number | null;
      keepDeliveriesDays: number | null;
      keepJobsDays: number | null;
      keepAuditDays: number | null;
    };
  }): Promise<Service>;
}

interface Service {
  readonly url: string;
  readonly firstKey: string | undefined;
  readonly imported: readonly { name: string; version: number; added: boolean; active: boolean }[];
  close(): Promise<void>;
}

const PACKAGE = "hypersphere-server";
/** Keeps a password out of the list of processes. */
const DATABASE = "HYPERSPHERE_DATABASE";

export const command: CliCommand = {
  configure(serve) {
    serve
      .argument(
        "[models]",
        "a folder of models that `hypersphere train` wrote, each served by its file's name",
      )
      .optionsGroup("Service:")
      .option("--data <folder>", "what the service keeps; made where it is not there", "service-data")
      .option("--port <number>", "0 for a free one", whole("--port"), 8080)
      .option("--host <address>", "where to listen; let a proxy speak TLS to other machines", "127.0.0.1")
      .option(
        "--database <url>",
        `a PostgreSQL server, postgres://...; default: ${DATABASE}, else a database in the folder`,
      )
      .option(
        "--webhooks-to-private",
        "let webhooks go to http:// and to private networks: administrators can then have the service call there",
      );
    serve.optionsGroup("Retention (default: everything is kept for ever):");
    for (const [flag, what] of Object.entries(KEPT)) {
      serve.option(`${flag} <number>`, what, whole(flag, MOST_DAYS));
    }
    serve.addHelpText(
      "after",
      `\nNeeds the package ${PACKAGE}: npm install ${PACKAGE}` +
        "\nThe first start prints a key for an administrator, this once. The API is described at /docs." +
        "\nCtrl-C and SIGTERM end requests that are being answered, and the service with exit code 0." +
        "\nSee `hypersphere help service`.",
    );
  },

  async run(command, { output, signal }) {
    const [models] = command.processedArgs as [string | undefined];
    const flags = command.opts<ServeFlags>();
    const { data, port, host, database = process.env[DATABASE] } = flags;
    const settings = {
      webhooksToPrivate: flags.webhooksToPrivate === true,
      keepResultsDays: flags.keepResultsDays ?? null,
      keepDeliveriesDays: flags.keepDeliveriesDays ?? null,
      keepJobsDays: flags.keepJobsDays ?? null,
      keepAuditDays: flags.keepAuditDays ?? null,
    };
    const { startService } = await optionalPackage<ServicePackage>(PACKAGE, "The service is");
    const verifyKey = process.env[VERIFY_KEY] || undefined;
    const service = await startService({
      ...{ models, data, port, host, database, verifyKey, settings },
    }).catch((error) => {
      throw asHypersphereError(error);
    });
    for (const { name, version, added, active } of service.imported) {
      const answers = active ? "" : ", not active: another version answers";
      output.note(`${name}: version ${version}${added ? ", new" : ""}${answers}`);
    }
    output.result(
      `Listening on ${service.url}, its page for browsers; the API is described at ${service.url}/docs`,
    );
    if (service.firstKey !== undefined) {
      output.result(`Key of the administrator, shown this once: ${service.firstKey}`);
    }
    if (!signal.aborted) await once(signal, "abort");
    await service.close();
    return undefined;
  },
};

/** The service has kinds of problems of its own; those that a start may meet are about what it was given. */
function asHypersphereError(error: unknown): unknown {
  const { kind, message, hint } = error as { kind?: string; message?: string; hint?: string };
  if (error instanceof HypersphereError || kind === undefined || message === undefined) return error;
  const code: ErrorCode = kind === "invalid-request" ? "invalid-option" : "io";
  return new HypersphereError(code, message, { cause: error, ...(hint !== undefined && { hint }) });
}
