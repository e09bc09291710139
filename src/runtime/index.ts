export { type Backend, currentBackend, type Meters, provideBackend } from "./backend.js";
export {
  float32,
  float64,
  int64,
  type Runtime,
  type Session,
  type SessionOptions,
  scalarIndex,
  strings,
  type TensorData,
  type TensorValue,
  uint8,
  type Values,
} from "./port.js";
