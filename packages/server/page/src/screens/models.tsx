import { useState } from "preact/hooks";
import { ask, modelPath, withQuery } from "../api.js";
import { bytes, moment, number, percent } from "../format.js";
import { CompareVersions } from "../parts/compare-versions.js";
import { Empty, Failure, Loaded, Tag } from "../parts/messages.js";
import { Scroll } from "../parts/scroll.js";
import { linkTo } from "../route.js";
import type { Model, Version } from "../types.js";
import { useAction, useLoad } from "../use-load.js";
import type { Screen, ScreenProps } from "./screen.js";

function Content({ caller }: ScreenProps) {
  const models = useLoad<{ models: Model[] }>("/v1/models");
  const admin = caller.role === "admin";
  return (
    <>
      {admin && <Upload onDone={models.reload} />}
      <Loaded of={models}>
        {({ models: all }) =>
          all.length === 0 ? (
            <Empty>
              <h2>No models yet</h2>
              <p>
                {admin ? "Upload a model file above" : "Ask an administrator to upload a model file"}, which{" "}
                <code>hypersphere train</code> makes. It answers once it is activated.
              </p>
            </Empty>
          ) : (
            all.map((model) => (
              <OneModel key={model.name} model={model} admin={admin} onChange={models.reload} />
            ))
          )
        }
      </Loaded>
    </>
  );
}

function Upload({ onDone }: { onDone: () => void }) {
  const [name, setName] = useState("");
  const [file, setFile] = useState<File>();
  const [done, setDone] = useState("");
  const { busy, error, run } = useAction();
  const upload = async (event: Event) => {
    event.preventDefault();
    setDone("");
    const fine = await run(async () => {
      const model = await ask<Model>(withQuery("/v1/models", { name }), { method: "POST", body: file });
      setDone(`Version ${model.versions.at(-1)?.version} of ${model.name} is there. Activate it below.`);
    });
    if (fine) onDone();
  };
  return (
    <form class="card" onSubmit={upload}>
      <h2>Upload</h2>
      <div class="controls">
        <label for="file">Model file</label>
        <input
          id="file"
          type="file"
          accept=".onnx,.hsz"
          onChange={(event) => {
            const chosen = event.currentTarget.files?.[0];
            setFile(chosen);
            if (chosen !== undefined && name === "") setName(chosen.name.replace(/\.(onnx|hsz)$/, ""));
          }}
        />
        <label for="upload-name">Name</label>
        <input id="upload-name" value={name} onInput={(event) => setName(event.currentTarget.value)} />
        <button type="submit" disabled={busy || file === undefined || name === ""}>
          {busy ? "Checking …" : "Upload"}
        </button>
      </div>
      <p class="note">It is checked as a file from a stranger, and answers once it is activated.</p>
      <p role="status">{done}</p>
      {error !== undefined && <Failure error={error} />}
    </form>
  );
}

function OneModel({ model, admin, onChange }: { model: Model; admin: boolean; onChange: () => void }) {
  const { name, versions } = model;
  const { busy, error, run } = useAction();
  const title = `model-${versions[0]?.sha256.slice(0, 8)}-${name}`;
  const change = async (rest: string, method: string, body?: unknown) => {
    if (await run(() => ask(modelPath(name, rest), { method, ...(body !== undefined && { body }) })))
      onChange();
  };
  return (
    <section class="card" aria-labelledby={title}>
      <header>
        <h2 id={title}>{name}</h2>
        <nav class="links" aria-label={`Screens of ${name}`}>
          <a href={linkTo("scores", { model: name })}>Scores</a>
          <a href={linkTo("threshold", { model: name })}>Threshold</a>
          <a href={linkTo("drift", { model: name })}>Drift</a>
        </nav>
      </header>
      {model.activeVersion === null && (
        <Empty>
          <p>No version answers. {admin ? "Activate one." : "An administrator can activate one."}</p>
        </Empty>
      )}
      <Scroll label={`Versions of ${name}`}>
        <table>
          <thead>
            <tr>
              <th scope="col" class="number">
                Version
              </th>
              <th scope="col">State</th>
              <th scope="col">Detector</th>
              <th scope="col" class="number">
                Threshold
              </th>
              <th scope="col" class="number">
                Promise
              </th>
              <th scope="col">From</th>
              {admin && <th scope="col">Change</th>}
            </tr>
          </thead>
          <tbody>
            {versions.map((version) => (
              <tr key={version.version}>
                <th scope="row" class="number">
                  {version.version}
                </th>
                <td>
                  <StateTag state={version.state} />
                </td>
                <td>
                  {version.detector}, {version.kind}
                  {version.fleet !== null && (
                    <small>
                      fleet of {number(version.fleet.entities)} by {version.fleet.entityColumn},{" "}
                      {number(version.fleet.own)} with a model of their own
                    </small>
                  )}
                </td>
                <td class="number">{number(version.threshold)}</td>
                <td class="number">{percent(version.expectedFalseAlarmRate)}</td>
                <td>
                  {version.source} by {version.createdBy}, {moment(version.createdAt)}
                  <small>
                    {bytes(version.bytes)}, {version.trusted ? "trusted" : "scored apart, with limits"}
                    {admin && version.job !== null && (
                      <>
                        , <a href={linkTo("jobs", { job: version.job })}>its training</a>
                      </>
                    )}
                  </small>
                </td>
                {admin && (
                  <td class="controls">
                    {version.state !== "active" && (
                      <button
                        type="button"
                        disabled={busy}
                        onClick={() => change("/activate", "POST", { version: version.version })}
                      >
                        Activate {version.version}
                      </button>
                    )}
                    {version.state === "idle" && (
                      <button
                        type="button"
                        disabled={busy || model.activeVersion === null}
                        onClick={() => change("/shadow", "PUT", { version: version.version })}
                      >
                        Run as shadow
                      </button>
                    )}
                    {version.state === "shadow" && (
                      <button
                        type="button"
                        disabled={busy}
                        onClick={() => change("/shadow", "PUT", { version: null })}
                      >
                        End the shadow
                      </button>
                    )}
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {admin && model.previousVersion !== null && (
        <p>
          <button type="button" disabled={busy} onClick={() => change("/rollback", "POST")}>
            Roll back to version {model.previousVersion}
          </button>
        </p>
      )}
      {error !== undefined && <Failure error={error} />}
      <CompareVersions model={model} />
    </section>
  );
}

function StateTag({ state }: { state: Version["state"] }) {
  if (state === "active") return <Tag kind="good">active</Tag>;
  return state === "shadow" ? <Tag kind="calm">shadow</Tag> : <Tag kind="muted">idle</Tag>;
}

export const models: Screen = {
  path: "models",
  title: "Models",
  purpose: "What answers, what did before, and what could.",
  roles: ["review", "admin"],
  Content,
};
