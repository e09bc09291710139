import { useMemo, useState } from "preact/hooks";
import { Client, Refused } from "./client.js";
import type { Chosen } from "./dropped.js";
import { bytes, number } from "./format.js";
import { News } from "./news.js";
import { DropZone } from "./parts/drop-zone.js";
import { Failure, Notes } from "./parts/messages.js";
import { Preview } from "./parts/preview.js";
import { Results } from "./parts/results.js";
import { Settings } from "./parts/settings.js";
import { Working } from "./parts/working.js";
import type {
  Fault,
  Overview,
  Progress,
  Reading,
  Scored,
  Slot,
  Source,
  Trained,
  Training,
} from "./protocol.js";

const READ_ALL: Reading = { exclude: [], labelColumn: undefined, normalLabel: undefined };

/** What is going on; one thing at a time. */
type Busy = "reading" | "training" | "scoring" | undefined;
/** Where an error is shown. */
type Place = "data" | "training" | "scores";

const EXAMPLES: readonly (readonly [name: string, title: string, text: string, reading: Reading])[] = [
  ["pump", "A pump (table)", "600 rows of sensors, then a day with faults", READ_ALL],
  ["plates", "Plates (images)", "80 photographs of metal plates, then some with scratches", READ_ALL],
  [
    "furnace",
    "A furnace (series)",
    "40 days of three sensors, then 12 with three faults",
    {
      ...READ_ALL,
      steps: {
        timeColumn: "time",
        entityColumn: undefined,
        columns: ["time", "gas", "temperature", "draught"],
      },
    },
  ],
];

export function App() {
  const client = useMemo(() => new Client(), []);
  const [source, setSource] = useState<Source>();
  const [data, setData] = useState<Overview>();
  const [reading, setReading] = useState<Reading>(READ_ALL);
  const [training, setTraining] = useState<Training>({ detector: "auto", rule: "percentile 95" });
  const [trained, setTrained] = useState<Trained>();
  const [threshold, setThreshold] = useState(0);
  const [scored, setScored] = useState<Partial<Record<Slot, Scored>>>({});
  const [shown, setShown] = useState<Slot>("training");
  const [busy, setBusy] = useState<Busy>();
  const news = useMemo(() => new News<Progress>(), []);
  const [fault, setFault] = useState<{ at: Place; fault: Fault }>();

  /** Does one thing, and says where it is and what went wrong. */
  const run = async (what: NonNullable<Busy>, at: Place, work: () => Promise<void>) => {
    setBusy(what);
    setFault(undefined);
    news.tell(undefined);
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setFault({ at, fault: error.fault });
    } finally {
      setBusy(undefined);
      news.tell(undefined);
    }
  };

  const forgetModel = () => {
    setTrained(undefined);
    setScored({});
    setShown("training");
  };

  const read = (from: Source, how: Reading) =>
    run("reading", "data", async () => {
      const view = await client.ask("open", { slot: "training", source: from, reading: how });
      setSource(from);
      setReading(how);
      setData(view);
      forgetModel();
    });

  const train = () =>
    run("training", "training", async () => {
      forgetModel();
      const found = await client.ask("train", training, news.tell);
      setThreshold(found.threshold);
      const own = await client.ask("score", { slot: "training" }, news.tell);
      setTrained(found);
      setScored({ training: own });
    });

  const scoreLater = (from: Source) =>
    run("scoring", "scores", async () => {
      await client.ask("open", { slot: "later", source: from, reading: READ_ALL }, news.tell);
      const later = await client.ask("score", { slot: "later" }, news.tell);
      setScored((before) => ({ ...before, later }));
      setShown("later");
    });

  const download = () =>
    run("scoring", "scores", async () => {
      const byHand = threshold === trained!.threshold ? undefined : threshold;
      const file = await client.ask("file", { threshold: byHand });
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([file], { type: "application/octet-stream" }));
      link.download = `${data!.source.replace(/\.[^.]*$/, "") || "model"}.onnx`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    });

  const exampleName = source !== undefined && "example" in source ? source.example.split("/")[0] : undefined;
  const result = scored[shown];
  return (
    <>
      <header class="top">
        <span class="brand">hypersphere</span>
        <span class="where">playground</span>
        <span class="promise">Nothing leaves this page.</span>
      </header>
      <main>
        <h1>Learn what is normal, and see what is not</h1>
        <p class="purpose">
          Give it data that are normal, all of them or nearly so. A model is trained here, in your browser;
          then score other data, and take the model with you.
        </p>

        <section class="card" aria-labelledby="data-title">
          <h2 id="data-title">
            <span class="step">1</span> Data
          </h2>
          <DropZone
            title={data === undefined ? "Drop normal data here" : "Drop other data here"}
            small={data !== undefined}
            disabled={busy !== undefined}
            onFiles={(files: Chosen[]) => void read({ files }, READ_ALL)}
          />
          {data === undefined && (
            <>
              <p class="note formats">
                Tables: CSV, TSV, JSON lines (also gzipped), Parquet, NPY, NPZ. Images: a folder of PNG, JPEG,
                WebP, GIF, BMP or AVIF as far as the browser decodes them, IDX, CIFAR-10. Series: tables whose
                rows are steps; windows in .ts and NPZ.
              </p>
              <div class="examples">
                <p>Or try an example:</p>
                {EXAMPLES.map(([name, title, text, how]) => (
                  <button
                    type="button"
                    key={name}
                    class="example"
                    disabled={busy !== undefined}
                    onClick={() => void read({ example: `${name}/training` }, how)}
                  >
                    <strong>{title}</strong>
                    <small>{text}</small>
                  </button>
                ))}
              </div>
            </>
          )}
          {busy === "reading" && <Working what="Reading" news={news} />}
          <Failure fault={fault?.at === "data" ? fault.fault : undefined} />
          {data !== undefined && source !== undefined && (
            <Preview
              data={data}
              reading={reading}
              disabled={busy !== undefined}
              onReading={(how) => void read(source, how)}
            />
          )}
        </section>

        {data !== undefined && (
          <section class="card" aria-labelledby="training-title">
            <h2 id="training-title">
              <span class="step">2</span> Training
            </h2>
            <Settings value={training} onChange={setTraining} disabled={busy !== undefined} />
            <p class="controls">
              <button type="button" class="main" disabled={busy !== undefined} onClick={() => void train()}>
                {trained === undefined ? "Train" : "Train again"}
              </button>
              {busy === "training" && (
                <button type="button" onClick={() => client.stop()}>
                  Stop
                </button>
              )}
            </p>
            {busy === "training" && <Working what="Training" news={news} />}
            <Failure fault={fault?.at === "training" ? fault.fault : undefined} />
            {trained !== undefined && (
              <>
                <p>
                  <strong>{trained.detector}</strong> learned from {number(trained.learnedFrom)}{" "}
                  {data.kind === "series" ? (
                    "windows"
                  ) : (
                    <>
                      of {number(data.trainingRows ?? data.rows)} {data.kind === "images" ? "images" : "rows"}
                    </>
                  )}{" "}
                  in {number(trained.seconds, 2)} s; {number(trained.calibrationScores.length)} were held out
                  for the threshold.
                </p>
                <Notes of={trained.warnings} title="What to know about this model" />
                <p class="controls">
                  <button type="button" disabled={busy !== undefined} onClick={() => void download()}>
                    Download the model (.onnx, {bytes(trained.bytes)})
                  </button>
                  <span class="note">
                    For Node, Python or anything that runs ONNX
                    {threshold !== trained.threshold && <>; with the threshold that you set</>}.
                  </span>
                </p>
              </>
            )}
          </section>
        )}

        {trained !== undefined && result !== undefined && (
          <section class="card" aria-labelledby="scores-title">
            <h2 id="scores-title">
              <span class="step">3</span> Scores
            </h2>
            {scored.later === undefined ? (
              <p class="note">
                These are the scores of the training data. Rows that were learned from look a little more
                normal than new ones: score other data to see what the model is worth.
              </p>
            ) : (
              <fieldset class="switch">
                <legend class="hidden">Which scores</legend>
                {(["training", "later"] as const).map((slot) => (
                  <label key={slot}>
                    <input
                      type="radio"
                      name="slot"
                      checked={shown === slot}
                      onChange={() => setShown(slot)}
                    />{" "}
                    {scored[slot]!.source}
                    {slot === "training" && " (training)"}
                  </label>
                ))}
              </fieldset>
            )}
            <Results
              key={`${shown} ${result.source}`}
              client={client}
              slot={shown}
              scored={result}
              trained={trained}
              threshold={threshold}
              onThreshold={setThreshold}
            />
            <h3>Score other data</h3>
            <DropZone
              title="Drop data to score here"
              small={true}
              disabled={busy !== undefined}
              onFiles={(files: Chosen[]) => void scoreLater({ files })}
            />
            {exampleName !== undefined && scored.later === undefined && (
              <p>
                <button
                  type="button"
                  class="main"
                  disabled={busy !== undefined}
                  onClick={() => void scoreLater({ example: `${exampleName}/later` })}
                >
                  Score the example’s data with faults
                </button>
              </p>
            )}
            {busy === "scoring" && <Working what="Scoring" news={news} />}
            <Failure fault={fault?.at === "scores" ? fault.fault : undefined} />
          </section>
        )}
      </main>
      <footer>
        <p>
          Models run on ONNX Runtime Web {RUNTIME.version}: one WebAssembly file of{" "}
          {number(RUNTIME.bytes / 1e6, 3)} MB ({number(RUNTIME.gzipped / 1e6, 2)} MB where the server
          compresses it), loaded once from this site when you first train. One processor thread computes.
          WebGPU is not used: it was not measured, so nothing says that it would be faster.
        </p>
        <p>
          The page’s policy lets it talk to the site that it came from, and to nobody else; your data are sent
          nowhere.
        </p>
      </footer>
    </>
  );
}
