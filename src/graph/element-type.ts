import type { DataType } from "./tensor.js";

/** Enumeration of onnx.proto: TensorProto.DataType. */
export const ELEMENT_TYPE: Record<DataType, number> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float64: 11,
};
