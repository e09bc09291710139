import { ask, modelPath } from "../api.js";
import { number } from "../format.js";
import type { Caller, OperatingPoints } from "../types.js";
import { useAction } from "../use-load.js";
import { Empty, Failure, Tag } from "./messages.js";
import { Scroll } from "./scroll.js";

export function PointTable({
  name,
  listed,
  caller,
  onChange,
}: {
  name: string;
  listed: OperatingPoints;
  caller: Caller;
  onChange: () => void;
}) {
  const { busy, error, run } = useAction();
  const change = async (work: () => Promise<unknown>) => (await run(work)) && onChange();
  const use = (point: string | null) =>
    change(() => ask(modelPath(name, "/operating-point"), { method: "PUT", body: { name: point } }));
  const remove = (point: string) =>
    change(() =>
      ask(modelPath(name, `/operating-points/${encodeURIComponent(point)}`), { method: "DELETE" }),
    );
  const admin = caller.role === "admin";
  if (listed.operatingPoints.length === 0 && listed.inForce === null) {
    return (
      <Empty>
        <p>
          None yet: the model's own threshold decides. Move the slider and save what it shows under a name.
        </p>
      </Empty>
    );
  }
  return (
    <>
      <Scroll label="Operating points">
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Rule or score</th>
              <th scope="col">Of version</th>
              <th scope="col">By</th>
              <th scope="col">State</th>
              {admin && <th scope="col">Change</th>}
            </tr>
          </thead>
          <tbody>
            {listed.operatingPoints.map((point) => (
              <tr key={point.name}>
                <th scope="row">{point.name}</th>
                <td>{point.rule ?? number(point.threshold)}</td>
                <td>{point.version ?? "every"}</td>
                <td>{point.createdBy}</td>
                <td>
                  {point.name === listed.inForce ? (
                    <Tag kind="good">in force</Tag>
                  ) : (
                    <Tag kind="muted">kept</Tag>
                  )}
                </td>
                {admin && (
                  <td class="controls">
                    {point.name === listed.inForce ? (
                      <button type="button" disabled={busy} onClick={() => use(null)}>
                        Back to the model's own
                      </button>
                    ) : (
                      <>
                        <button type="button" disabled={busy} onClick={() => use(point.name)}>
                          Put in force
                        </button>
                        <button type="button" disabled={busy} onClick={() => remove(point.name)}>
                          Remove
                        </button>
                      </>
                    )}
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {error !== undefined && <Failure error={error} />}
    </>
  );
}
