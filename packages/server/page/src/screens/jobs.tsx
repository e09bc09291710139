import { useState } from "preact/hooks";
import { ask, modelPath, withQuery } from "../api.js";
import { moment } from "../format.js";
import { hasEnded, JobDetail, JobProgress, JobTag } from "../parts/job-detail.js";
import { Empty, Failure, Loaded } from "../parts/messages.js";
import { Pager } from "../parts/pager.js";
import { Scroll } from "../parts/scroll.js";
import { TrainForm } from "../parts/train-form.js";
import { goTo, linkTo } from "../route.js";
import type { Job, Model } from "../types.js";
import { useAction, useLoad } from "../use-load.js";
import type { Screen, ScreenProps } from "./screen.js";

const PAGE = 25;

function Content({ query }: ScreenProps) {
  const [cursor, setCursor] = useState<string>();
  const [busy, setBusy] = useState(true);
  const jobs = useLoad<{ jobs: Job[]; next: string | null }>(
    withQuery("/v1/jobs", { limit: PAGE, cursor }),
    busy ? 2 : 15,
  );
  const going = jobs.error === undefined && (jobs.data?.jobs.some((job) => !hasEnded(job)) ?? true);
  if (going !== busy) setBusy(going);
  const open = (job: Pick<Job, "id">) => goTo("jobs", { job: job.id });
  const begun = (job: Job) => {
    jobs.reload();
    open(job);
  };
  const id = query["job"];
  return (
    <>
      {id !== undefined && <JobDetail key={id} id={id} onClose={() => goTo("jobs")} onChange={jobs.reload} />}
      <section aria-labelledby="jobs">
        <h2 id="jobs">Trainings</h2>
        <Loaded of={jobs}>
          {({ jobs: all, next }) =>
            all.length === 0 ? (
              <Empty>
                <p>
                  Nothing was trained here yet. Choose a file of normal rows below, and a name for the model.
                </p>
              </Empty>
            ) : (
              <>
                <JobTable jobs={all} open={id} />
                <Pager at={cursor} next={next} onGo={setCursor} />
              </>
            )
          }
        </Loaded>
      </section>
      <TrainForm onJob={begun} />
      <Refit onJob={begun} />
    </>
  );
}

function JobTable({ jobs, open }: { jobs: readonly Job[]; open: string | undefined }) {
  return (
    <Scroll label="Trainings">
      <table>
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col">State</th>
            <th scope="col">What</th>
            <th scope="col">Asked for</th>
            <th scope="col">Job</th>
          </tr>
        </thead>
        <tbody>
          {jobs.map((job) => (
            <tr key={job.id}>
              <th scope="row">{job.model}</th>
              <td>
                <JobTag status={job.status} />
                <JobProgress job={job} />
              </td>
              <td>
                {job.kind === "train" ? `training, ${job.request["detector"]}` : "refit from verdicts"}
                {job.result !== null && <small>version {job.result.version}</small>}
              </td>
              <td>
                {moment(job.createdAt)} <small>by {job.createdBy}</small>
              </td>
              <td class="controls">
                {job.id === open ? (
                  "open above"
                ) : (
                  <a href={linkTo("jobs", { job: job.id })}>
                    Open
                    <span class="hidden">
                      {" "}
                      the job of {job.model}, {moment(job.createdAt)}
                    </span>
                  </a>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** Has a model learn from verdicts. */
function Refit({ onJob }: { onJob: (job: Job) => void }) {
  const models = useLoad<{ models: Model[] }>("/v1/models");
  const [name, setName] = useState<string>();
  const { busy, error, run } = useAction();
  const answering = (models.data?.models ?? []).filter(({ activeVersion }) => activeVersion !== null);
  const chosen = answering.find((one) => one.name === name) ?? answering[0];
  const refit = async (event: Event) => {
    event.preventDefault();
    await run(async () => onJob(await ask<Job>(modelPath(chosen!.name, "/refit"), { method: "POST" })));
  };
  return (
    <form class="card" onSubmit={refit}>
      <h2>Refit from verdicts</h2>
      <Loaded of={models}>
        {() =>
          chosen === undefined ? (
            <Empty>
              <p>No model answers yet: train one above, and activate it.</p>
            </Empty>
          ) : (
            <p class="controls">
              <label for="refit-model">Model</label>
              <select
                id="refit-model"
                value={chosen.name}
                onChange={(event) => setName(event.currentTarget.value)}
              >
                {answering.map((one) => (
                  <option key={one.name} value={one.name}>
                    {one.name}
                  </option>
                ))}
              </select>
              <button type="submit" disabled={busy}>
                Refit
              </button>
              <span class="note">
                It learns from rows whose values were kept, and from what people said of them on{" "}
                <a href={linkTo("review")}>Review</a>. Deep SVDD and Deep SAD go on from what they learned;
                other detectors forget the rows that they were trained from.
              </span>
            </p>
          )
        }
      </Loaded>
      {error !== undefined && <Failure error={error} />}
    </form>
  );
}

export const jobs: Screen = {
  path: "jobs",
  title: "Jobs",
  purpose: "Train a model from a file, watch it learn, see what it learned, and have it answer.",
  roles: ["admin"],
  Content,
};
