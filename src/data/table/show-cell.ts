/** A cell in quotes, cut to a length that fits in a message. */
export function show(cell: string): string {
  return JSON.stringify(cell.length > 60 ? `${cell.slice(0, 57)}...` : cell);
}
