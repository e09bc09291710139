export { closeIncidents, type Flagged, type FlaggedRows, joinIncidents } from "./join-incidents.js";
export { findIncident, type IncidentFilter, listIncidents, type StoredIncident } from "./query-incidents.js";
