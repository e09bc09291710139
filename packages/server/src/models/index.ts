export { type ActiveModel, ActiveModels } from "./active-models.js";
export { factsOfVersion } from "./card-facts.js";
export { checkUpload } from "./check-upload.js";
export { type FleetFacts, fleetOf, refuseFleet } from "./fleet-facts.js";
export { importFolder } from "./import-folder.js";
export { LoadedModels } from "./loaded-models.js";
export {
  activateVersion,
  addVersion,
  addVersionIn,
  findModel,
  listAllVersions,
  listModels,
  listVersions,
  readCard,
  readFileOf,
  rollBack,
  type StoredModel,
  type StoredVersion,
  setShadow,
} from "./model-store.js";
export { checkName, NAME, NAME_RULE } from "./name.js";
export {
  deleteOperatingPoint,
  listOperatingPoints,
  type OperatingPoint,
  setOperatingPoint,
  thresholdOf,
  useOperatingPoint,
} from "./operating-points.js";
