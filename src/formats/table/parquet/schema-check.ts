import type { ConvertedType, LogicalType, ParquetType, SchemaElement } from "hyparquet";
import { damaged } from "./damage.js";

const texts: readonly ParquetType[] = ["BYTE_ARRAY"];
const small: readonly ParquetType[] = ["INT32"];
const wide: readonly ParquetType[] = ["INT64"];

/** The types in which values of each meaning are stored (Parquet format, LogicalTypes). */
const converted: Readonly<Partial<Record<ConvertedType, readonly ParquetType[]>>> = {
  UTF8: texts,
  ENUM: texts,
  JSON: texts,
  BSON: texts,
  DECIMAL: ["INT32", "INT64", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"],
  DATE: small,
  TIME_MILLIS: small,
  TIME_MICROS: wide,
  TIMESTAMP_MILLIS: wide,
  TIMESTAMP_MICROS: wide,
  UINT_8: small,
  UINT_16: small,
  UINT_32: small,
  UINT_64: wide,
  INT_8: small,
  INT_16: small,
  INT_32: small,
  INT_64: wide,
  INTERVAL: ["FIXED_LEN_BYTE_ARRAY"],
};

/** The older name of a meaning; undefined where it has none, or where the newer one says more. */
function olderName(logical: LogicalType): ConvertedType | undefined {
  switch (logical.type) {
    case "STRING":
      return "UTF8";
    case "ENUM":
    case "DECIMAL":
    case "DATE":
    case "JSON":
    case "BSON":
      return logical.type;
    case "TIME":
    case "TIMESTAMP":
      return logical.unit === "NANOS" ? undefined : `${logical.type}_${logical.unit}`;
    case "INTEGER":
      return `${logical.isSigned ? "INT" : "UINT"}_${logical.bitWidth as 8 | 16 | 32 | 64}`;
    default:
      return undefined;
  }
}

/**
 * Checks the meaning of a column against the type it is stored in, and against itself where it is stated twice.
 * @returns the element as the decoder understands it: it knows decimals and dates by their older names only
 * @throws ParquetDamage
 */
export function checkedElement(element: SchemaElement): SchemaElement {
  const { type, name, converted_type, logical_type, repetition_type } = element;
  if (type === undefined) damaged("it has no type that is known");
  if (repetition_type === undefined) damaged("it does not say whether values may be missing");
  if (type === "FIXED_LEN_BYTE_ARRAY" && !(Number(element.type_length) > 0)) {
    damaged(`its values have the length ${element.type_length}`);
  }
  if (typeof name !== "string") damaged("it has no name");
  const older = logical_type && olderName(logical_type);
  if (older !== undefined && converted_type !== undefined && older !== converted_type) {
    damaged(`it is of kind ${converted_type}, and of kind ${older}`);
  }
  const kind = converted_type ?? older;
  if (kind !== undefined && !converted[kind]?.includes(type))
    damaged(`it is of kind ${kind} in type ${type}`);
  if (logical_type?.type === "FLOAT16" && !(type === "FIXED_LEN_BYTE_ARRAY" && element.type_length === 2)) {
    damaged(`it is of kind FLOAT16 in type ${type}`);
  }
  if (logical_type?.type === "UUID" && !(type === "FIXED_LEN_BYTE_ARRAY" && element.type_length === 16)) {
    damaged(`it is of kind UUID in type ${type}`);
  }
  if (logical_type?.type === "TIMESTAMP" && type !== "INT64")
    damaged(`it is of kind TIMESTAMP in type ${type}`);
  return kind === "DECIMAL"
    ? checkedDecimal(element)
    : kind === "DATE"
      ? { ...element, converted_type: kind }
      : element;
}

function checkedDecimal(element: SchemaElement): SchemaElement {
  const { logical_type: logical, type } = element;
  const stated = logical?.type === "DECIMAL" ? logical : undefined;
  const scale = element.scale ?? stated?.scale ?? 0;
  const precision = element.precision ?? stated?.precision ?? 0;
  const most = type === "INT32" ? 9 : type === "INT64" ? 18 : 2 ** 16;
  const agree = stated === undefined || (stated.scale === scale && stated.precision === precision);
  if (!(scale >= 0 && scale <= precision && precision > 0 && precision <= most && agree)) {
    damaged(`it holds decimals of ${precision} digits, ${scale} of them behind the point`);
  }
  return { ...element, converted_type: "DECIMAL", scale, precision };
}
