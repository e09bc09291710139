/** Bytes of a name that leave room for endings, where systems take 255. */
const MOST_BYTES = 180;

/**
 * Where the files of each image go: its path without the ending, such as "good/000" for good/000.png. Folders are kept. Names
 * that differ by their ending alone keep it, and what would still be one file on some system (A.png and a.png) is numbered.
 * Parts that no system or not every one takes are written with _.
 * @param names of the images; without them they are counted from 1
 */
export function outputNames(names: readonly string[] | undefined, count: number): string[] {
  const digits = String(count).length;
  const given =
    names ?? Array.from({ length: count }, (_, row) => `image-${String(row + 1).padStart(digits, "0")}`);
  const whole = given.map(safePath);
  const stems = whole.map((name) => name.replace(/(?<=[^/])\.[^./]+$/, ""));
  const uses = new Map<string, number>();
  for (const stem of stems) uses.set(sameFile(stem), (uses.get(sameFile(stem)) ?? 0) + 1);
  const taken = new Set<string>();
  return stems.map((stem, row) => {
    const first = uses.get(sameFile(stem)) === 1 ? stem : whole[row]!;
    let name = first;
    for (let k = 2; taken.has(sameFile(name)) || (name !== stem && uses.has(sameFile(name))); k++)
      name = `${first}-${k}`;
    taken.add(sameFile(name));
    return name;
  });
}

/** Some systems tell neither case nor forms of Unicode apart. */
const sameFile = (name: string): string => name.normalize("NFC").toLowerCase();

function safePath(name: string): string {
  const parts = name
    .split("/")
    .map(safeName)
    .filter((part) => part !== "");
  return parts.length === 0 ? "_" : parts.join("/");
}

function safeName(part: string): string {
  const safe = part
    .replace(/[\p{Cc}\p{Surrogate}<>:"|?*\\]/gu, "_")
    .replace(/^\.+$|[. ]+$/g, (dots) => "_".repeat(dots.length));
  return shortened(DEVICE.test(safe) ? safe.replace(/^[^.]*/, (device) => `${device}_`) : safe);
}

/** Names of devices on Windows, whatever stands after a dot: files of such names cannot be made there, or vanish in the device. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|$)/i;

/** The end of a name tells more than its beginning. */
function shortened(name: string): string {
  const encoder = new TextEncoder();
  if (encoder.encode(name).length <= MOST_BYTES) return name;
  const characters = [...name];
  let [bytes, from] = [0, characters.length];
  while (from > 0) {
    bytes += encoder.encode(characters[from - 1]!).length;
    if (bytes > MOST_BYTES) break;
    from--;
  }
  return characters.slice(from).join("");
}
