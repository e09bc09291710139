import { useState } from "preact/hooks";
import { ask, Refusal, withQuery } from "../api.js";
import type { Detector, Job } from "../types.js";
import { useAction, useLoad } from "../use-load.js";
import { Failure, Loaded } from "./messages.js";
import { OptionFields, optionsFrom } from "./option-fields.js";

/** What the service reads, by the ending of the file's name. */
const TYPES: Readonly<Record<string, string>> = {
  csv: "text/csv",
  jsonl: "application/x-ndjson",
  ndjson: "application/x-ndjson",
  parquet: "application/vnd.apache.parquet",
};
const ENDINGS = Object.keys(TYPES).map((ending) => `.${ending}`);

const RULES = ["false-alarms 1%", "false-alarms 0.1%", "percentile 99"];

interface Reading {
  readonly kind: "table" | "series";
  readonly timeColumn: string;
  readonly entityColumn: string;
  readonly window: string;
  readonly labelColumn: string;
  readonly exclude: string;
}

const NOTHING: Reading = {
  ...{ kind: "table", timeColumn: "", entityColumn: "", window: "", labelColumn: "", exclude: "" },
};

/** Uploads rows, and has a model trained from them. */
export function TrainForm({ onJob }: { onJob: (job: Job) => void }) {
  const detectors = useLoad<{ detectors: Detector[] }>("/v1/detectors");
  return <Loaded of={detectors}>{({ detectors: all }) => <Form detectors={all} onJob={onJob} />}</Loaded>;
}

function Form({ detectors, onJob }: { detectors: readonly Detector[]; onJob: (job: Job) => void }) {
  const [file, setFile] = useState<File>();
  const [columns, setColumns] = useState<readonly string[]>([]);
  const [model, setModel] = useState("");
  const [reading, setReading] = useState<Reading>(NOTHING);
  const [name, setName] = useState("auto");
  const [rule, setRule] = useState("");
  const [options, setOptions] = useState<Readonly<Record<string, string>>>({});
  const { busy, error, run } = useAction();
  const fitting = detectors.filter(({ kinds }) => kinds.includes(reading.kind));
  const detector = fitting.find((one) => one.name === name) ?? fitting[0]!;
  const choose = async (chosen: File | undefined) => {
    setFile(chosen);
    if (chosen !== undefined && model === "") setModel(nameOf(chosen.name));
    setColumns(chosen === undefined ? [] : await columnsOf(chosen));
  };
  const train = async (event: Event) => {
    event.preventDefault();
    await run(async () => {
      const path = withQuery("/v1/jobs/train", {
        ...{ model, detector: detector.name, rule },
        options: JSON.stringify(optionsFrom(detector, options)),
        reading: JSON.stringify(readingOf(reading)),
      });
      onJob(await ask<Job>(path, { body: file, type: typeOf(file!) }));
    });
  };
  const set = (part: Partial<Reading>) => setReading({ ...reading, ...part });
  const column = (id: string, label: string, key: "timeColumn" | "entityColumn" | "labelColumn") => (
    <p class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        list="columns"
        value={reading[key]}
        onInput={(event) => set({ [key]: event.currentTarget.value })}
      />
    </p>
  );
  return (
    <form class="card" onSubmit={train}>
      <h2>Train a model</h2>
      <datalist id="columns">
        {columns.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
      <div class="fields">
        <p class="field">
          <label for="data-file">File of rows</label>
          <input
            id="data-file"
            type="file"
            accept={ENDINGS.join(",")}
            aria-describedby="data-note"
            onChange={(event) => choose(event.currentTarget.files?.[0])}
          />
          <small id="data-note">
            {columns.length === 0
              ? "Nearly all of them normal. CSV, JSON lines or Parquet."
              : `${columns.length} columns: ${columns.slice(0, 8).join(", ")}${columns.length > 8 ? " …" : ""}`}
          </small>
        </p>
        <p class="field">
          <label for="train-model">Name of the model</label>
          <input
            id="train-model"
            value={model}
            aria-describedby="name-note"
            onInput={(event) => setModel(event.currentTarget.value)}
          />
          <small id="name-note">A name that is there gets another version.</small>
        </p>
        <p class="field">
          <label for="data-kind">What the rows are</label>
          <select
            id="data-kind"
            value={reading.kind}
            onChange={(event) => set({ kind: event.currentTarget.value as Reading["kind"] })}
          >
            <option value="table">A table: each row for itself</option>
            <option value="series">A series: steps of time, seen in windows</option>
          </select>
        </p>
        <p class="field">
          <label for="detector">Detector</label>
          <select
            id="detector"
            value={detector.name}
            aria-describedby="detector-note"
            onChange={(event) => {
              setName(event.currentTarget.value);
              setOptions({});
            }}
          >
            {fitting.map((one) => (
              <option key={one.name} value={one.name}>
                {one.name}
              </option>
            ))}
          </select>
          <small id="detector-note">{detector.title}.</small>
        </p>
        <p class="field">
          <label for="rule">Rule for the threshold</label>
          <input
            id="rule"
            list="rules"
            value={rule}
            placeholder="the detector's own"
            aria-describedby="rule-note"
            onInput={(event) => setRule(event.currentTarget.value)}
          />
          <datalist id="rules">
            {RULES.map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
          <small id="rule-note">Such as “false-alarms 1%”.</small>
        </p>
        {reading.kind === "series" ? (
          <>
            {column("time-column", "Column of the time", "timeColumn")}
            {column("entity-column", "Column of the machine", "entityColumn")}
            <p class="field">
              <label for="window">Steps of a window</label>
              <input
                id="window"
                inputMode="numeric"
                value={reading.window}
                placeholder="found in the data"
                onInput={(event) => set({ window: event.currentTarget.value })}
              />
            </p>
          </>
        ) : (
          column("label-column", "Column of labels, if any", "labelColumn")
        )}
        <p class="field">
          <label for="exclude">Columns to leave out</label>
          <input
            id="exclude"
            value={reading.exclude}
            placeholder="a, b, c"
            onInput={(event) => set({ exclude: event.currentTarget.value })}
          />
        </p>
      </div>
      <details>
        <summary>Options of {detector.name}</summary>
        <OptionFields detector={detector} values={options} onChange={setOptions} />
      </details>
      <p class="controls">
        <button type="submit" class="main" disabled={busy || file === undefined || model === ""}>
          {busy ? "Sending …" : "Train"}
        </button>
        <span class="note">The version that it makes does not answer until you activate it.</span>
      </p>
      {error !== undefined && <Failure error={error} />}
    </form>
  );
}

/** What a name may hold: letters, digits and a few marks. */
const nameOf = (file: string): string =>
  file
    .replace(/\.\w+$/, "")
    .replaceAll(/[^\w-]+/g, "-")
    .slice(0, 60);

function typeOf(file: File): string {
  const ending = /\.(\w+)$/.exec(file.name)?.[1]?.toLowerCase() ?? "";
  const type = TYPES[ending];
  if (type !== undefined) return type;
  throw new Refusal(
    0,
    `“${file.name}” ends in none of ${ENDINGS.join(", ")}: how it is to be read is not known.`,
  );
}

function readingOf({ kind, timeColumn, entityColumn, window, labelColumn, exclude }: Reading): object {
  const left = exclude
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
  const given = (text: string, name: string) => (text.trim() === "" ? {} : { [name]: text.trim() });
  return {
    ...(left.length > 0 && { exclude: left }),
    ...(kind === "table"
      ? given(labelColumn, "labelColumn")
      : {
          series: true,
          ...given(timeColumn, "timeColumn"),
          ...given(entityColumn, "entityColumn"),
          ...(window.trim() !== "" && { window: Number(window) }),
        }),
  };
}

const HEAD_BYTES = 64 * 1024;

/** Names for the fields above, from the first line; of Parquet none, and none of what looks like no head. */
async function columnsOf(file: File): Promise<string[]> {
  if (/\.parquet$/i.test(file.name)) return [];
  const [line = ""] = (await file.slice(0, HEAD_BYTES).text()).replace(/^\uFEFF/, "").split(/\r?\n/, 1);
  if (line.startsWith("{")) {
    try {
      return Object.keys(JSON.parse(line));
    } catch {
      return [];
    }
  }
  const delimiter = [",", ";", "\t"].reduce((a, b) => (line.split(b).length > line.split(a).length ? b : a));
  return line.split(delimiter).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
}
