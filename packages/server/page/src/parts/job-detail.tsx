import { useEffect, useState } from "preact/hooks";
import { ask, download, modelPath } from "../api.js";
import { moment, number, percent } from "../format.js";
import { linkTo } from "../route.js";
import type { Job, Model, ReportFigures } from "../types.js";
import { useAction, useLoad } from "../use-load.js";
import { ComparisonTable } from "./comparison-table.js";
import { Failure, Loaded, Tag } from "./messages.js";
import { Scroll } from "./scroll.js";
import { TrainingReport } from "./training-report.js";

export const hasEnded = ({ endedAt }: Job): boolean => endedAt !== null;

export function JobTag({ status }: { status: Job["status"] }) {
  const kinds = {
    queued: "muted",
    running: "calm",
    done: "good",
    failed: "alarm",
    cancelled: "muted",
  } as const;
  return <Tag kind={kinds[status]}>{status === "queued" ? "waits" : status}</Tag>;
}

/** How far a job is, as far as that is known. */
export function JobProgress({ job }: { job: Job }) {
  if (job.status !== "running") return null;
  const { fraction, stage, epoch, epochs, unit = "epoch" } = job.progress ?? {};
  return (
    <p class="progress">
      <progress
        aria-label={`Progress of ${job.model}`}
        {...(fraction !== undefined && { value: fraction })}
      />
      <span>
        {fraction === undefined ? "begins" : percent(Math.floor(fraction * 100) / 100)}
        {stage !== undefined && `, ${stage}`}
        {epoch !== undefined &&
          `, ${unit} ${number(epoch)}${epochs === undefined ? "" : ` of ${number(epochs)}`}`}
      </span>
    </p>
  );
}

/** One job: how far it is, what it says, and what came of it. */
export function JobDetail({
  id,
  onClose,
  onChange,
}: {
  id: string;
  onClose: () => void;
  onChange: () => void;
}) {
  const [live, setLive] = useState(true);
  const job = useLoad<Job & { log: string }>(`/v1/jobs/${id}`, live ? 1 : undefined);
  const { busy, error, run } = useAction();
  const status = job.data?.status;
  useEffect(() => {
    if (job.data === undefined) return;
    setLive(!hasEnded(job.data));
    onChange();
  }, [status]);
  const cancel = async () => {
    if (await run(() => ask(`/v1/jobs/${id}/cancel`, { method: "POST" }))) job.reload();
  };
  return (
    <section class="card" aria-labelledby="job">
      <Loaded of={job}>
        {(one) => (
          <>
            <header>
              <h2 id="job">
                {one.kind === "train" ? "Training" : "Refit"} of {one.model}
              </h2>
              <JobTag status={one.status} />
              <button type="button" onClick={onClose}>
                Close
              </button>
            </header>
            <p class="note">
              Asked for by {one.createdBy}, {moment(one.createdAt)}
              {one.endedAt !== null && `; ended ${moment(one.endedAt)}`}. {asked(one)}
            </p>
            <div role="status">
              {one.status === "queued" && <p>It waits for the jobs before it.</p>}
              {one.status === "done" && (
                <p>
                  It made version {one.result?.version} of {one.result?.model}.
                </p>
              )}
              {one.status === "cancelled" && <p>It was cancelled, and made nothing.</p>}
            </div>
            <JobProgress job={one} />
            {one.error !== null && (
              <div class="failure">
                <p>
                  <strong>It failed.</strong> {one.error}
                </p>
              </div>
            )}
            {!hasEnded(one) && (
              <p class="controls">
                <button type="button" disabled={busy} onClick={cancel}>
                  Cancel the job
                </button>
              </p>
            )}
            {error !== undefined && <Failure error={error} />}
            {one.result !== null && <Made {...one.result} />}
            <h3>Log</h3>
            <Scroll label="Log" low>
              <pre class="log">{one.log === "" ? "It has said nothing yet." : one.log}</pre>
            </Scroll>
            {one.status === "done" && <JobReport job={one} />}
          </>
        )}
      </Loaded>
    </section>
  );
}

/** In words what the job was asked for. */
function asked({ request }: Job): string {
  const { detector, rule, options } = request;
  const given = Object.entries((options as object | undefined) ?? {}).map(
    ([name, value]) => `${name} ${JSON.stringify(value)}`,
  );
  const parts = [detector, ...given, rule].filter((part) => part !== undefined && part !== "");
  return parts.length === 0 ? "" : `Detector and options: ${parts.join(", ")}.`;
}

/** The version that a job made: whether it answers, how it compares, and a button that makes it answer. */
function Made({ model: name, version }: { model: string; version: number }) {
  const model = useLoad<Model>(modelPath(name));
  const { busy, error, run } = useAction();
  const activate = async () => {
    if (await run(() => ask(modelPath(name, "/activate"), { body: { version } }))) model.reload();
  };
  return (
    <Loaded of={model}>
      {({ activeVersion, versions }) => {
        const comparison = versions.find((one) => one.version === version)?.comparison;
        return (
          <>
            {comparison && <ComparisonTable comparison={comparison} version={version} />}
            <p class="controls">
              {activeVersion === version ? (
                <Tag kind="good">Version {version} answers.</Tag>
              ) : (
                <button type="button" class="main" disabled={busy} onClick={activate}>
                  Activate version {version}
                </button>
              )}
              <a href={linkTo("models")}>All versions</a>
              {activeVersion === version && <a href={linkTo("threshold", { model: name })}>Its threshold</a>}
            </p>
            {error !== undefined && <Failure error={error} />}
          </>
        );
      }}
    </Loaded>
  );
}

function JobReport({ job }: { job: Job }) {
  const report = useLoad<ReportFigures>(`/v1/jobs/${job.id}/report`);
  const { busy, error, run } = useAction();
  const save = () =>
    run(() =>
      download(`/v1/jobs/${job.id}/report.html`, `${job.model}-${job.result?.version}-training.html`),
    );
  // Trainings of earlier versions of the service have none.
  if (report.error?.status === 404) return <p class="note">{report.error.message}</p>;
  return (
    <>
      <Loaded of={report}>{(one) => <TrainingReport report={one} />}</Loaded>
      {report.data !== undefined && (
        <p class="controls">
          <button type="button" disabled={busy} onClick={save}>
            Save the whole report
          </button>
          <span class="note">One HTML file with all pictures, to mail and to print.</span>
        </p>
      )}
      {error !== undefined && <Failure error={error} />}
    </>
  );
}
