import { number, percent } from "../format.js";
import type { Comparison } from "../types.js";
import { Scroll } from "./scroll.js";

/** A version that learned from verdicts beside the one before it, on rows with verdicts that neither learned from. */
export function ComparisonTable({ comparison, version }: { comparison: Comparison; version: number }) {
  const { before, after } = comparison;
  const rows = [
    ["Normal rows that it flags", percent(before.falseAlarms), percent(after.falseAlarms)],
    ["Anomalies that it finds", percent(before.found), percent(after.found)],
    ["AUROC", number(before.auroc, 3), number(after.auroc, 3)],
  ] as const;
  return (
    <>
      <h3>Compared with version {comparison.version}</h3>
      <p class="note">
        On {comparison.normals} normal rows and {comparison.anomalies} anomalies. {comparison.note}
      </p>
      <Scroll label="Both versions compared" blocks>
        <table>
          <thead>
            <tr>
              <th scope="col">Figure</th>
              <th scope="col" class="number">
                Version {comparison.version}
              </th>
              <th scope="col" class="number">
                Version {version}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, old, fresh]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class="number">{old}</td>
                <td class="number">{fresh}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}
