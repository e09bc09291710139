export {
  findIncidents,
  type Incident,
  type IncidentOptions,
  type Incidents,
  inTimeSteps,
  severityOf,
} from "./incidents.js";
export { type OtherOperatingPoint, otherOperatingPoint } from "./operating-point.js";
export {
  type ScoredStep,
  type Stretch,
  type StretchEvent,
  StretchTracker,
  type TrackerOptions,
} from "./tracker.js";
