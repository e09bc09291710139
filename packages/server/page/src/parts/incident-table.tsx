import { entityName, moment, number } from "../format.js";
import { linkTo } from "../route.js";
import type { Incident } from "../types.js";
import { Tag } from "./messages.js";
import { Scroll } from "./scroll.js";

export function IncidentTable({ incidents }: { incidents: readonly Incident[] }) {
  return (
    <Scroll label="Incidents">
      <table>
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col">About</th>
            <th scope="col">Last flagged</th>
            <th scope="col" class="number">
              Rows
            </th>
            <th scope="col" class="number">
              Severity
            </th>
            <th scope="col">Verdict</th>
            <th scope="col">Look</th>
          </tr>
        </thead>
        <tbody>
          {incidents.map((incident) => (
            <tr key={incident.id}>
              <td>{incident.model}</td>
              <td>{entityName(incident.entity)}</td>
              <td>{moment(incident.lastAt)}</td>
              <td class="number">{number(incident.flagged)}</td>
              <td class="number">{number(incident.severity, 3)}</td>
              <td>
                <VerdictTag verdict={incident.verdict} />
              </td>
              <td class="controls">
                <a href={linkTo("review", { model: incident.model, incident: incident.id })}>
                  Review {incident.id}
                </a>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

export function VerdictTag({ verdict }: { verdict: Incident["verdict"] }) {
  if (verdict === null) return <Tag kind="muted">none yet</Tag>;
  return verdict === "anomaly" ? <Tag kind="alarm">anomaly</Tag> : <Tag kind="good">normal</Tag>;
}
