/** FNV-1a over UTF-16 units: the same for a name in every worker and version. */
export function partitionOf(name: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let k = 0; k < name.length; k++) hash = Math.imul(hash ^ name.charCodeAt(k), 0x01000193);
  return (hash >>> 0) % partitions;
}
