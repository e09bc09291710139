/** Numbers and times as people read them. */
export function number(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined) return "–";
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return value.toLocaleString("en-GB");
  if (size >= 1e6 || size < 1e-4) return value.toExponential(2);
  return value.toLocaleString("en-GB", { maximumSignificantDigits: digits });
}

export function percent(rate: number | null | undefined): string {
  if (rate === null || rate === undefined) return "–";
  return `${number(rate * 100, 3)} %`;
}

export const count = (n: number, one: string, many = `${one}s`): string =>
  `${number(n)} ${n === 1 ? one : many}`;

const MOMENT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
export const moment = (iso: string): string => MOMENT.format(new Date(iso));

const SHORT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
export const day = (iso: string): string => SHORT.format(new Date(`${iso}T00:00:00Z`));

/** A cell of a row, of whatever kind a stranger sent. */
export function cell(value: unknown): string {
  if (value === null || value === undefined) return "missing";
  if (typeof value === "number") return number(value, 5);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export const entityName = (entity: string): string => (entity === "" ? "(no entity)" : entity);

export function bytes(size: number): string {
  return size < 2 ** 20 ? `${number(size / 1024, 3)} KiB` : `${number(size / 2 ** 20, 3)} MiB`;
}

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
