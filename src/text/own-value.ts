/**
 * What a record that people made holds under a name that people chose: a column may be called "constructor" or "__proto__",
 * which every object answers to.
 */
export const ownValue = <T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined =>
  record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
