export { closeIncidents, type Flagged, type FlaggedRows, joinIncidents } from "./join-incidents.js";
export {
  countIncidents,
  findIncident,
  type IncidentCount,
  type IncidentFilter,
  listIncidents,
  type StoredIncident,
} from "./query-incidents.js";
