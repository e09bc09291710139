/** What was dropped or chosen, with the folders that files lie in. */
export interface Chosen {
  readonly file: File;
  /** Below the chosen folder, that folder's name first; of single files their names. */
  readonly path: string;
}

export const chosenFiles = (list: FileList | null): Chosen[] =>
  Array.from(list ?? [], (file) => ({ file, path: file.webkitRelativePath || file.name }));

export async function droppedFiles(transfer: DataTransfer): Promise<Chosen[]> {
  // The list is empty once this function has let go of the event.
  const found = Array.from(transfer.items, (item): Chosen[] | FileSystemEntry => {
    const entry = item.webkitGetAsEntry();
    if (entry?.isDirectory) return entry;
    const file = item.getAsFile();
    return file === null ? [] : [{ file, path: file.name }];
  });
  return (await Promise.all(found.map((one) => (Array.isArray(one) ? one : filesBelow(one))))).flat();
}

async function filesBelow(entry: FileSystemEntry): Promise<Chosen[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return [{ file, path: entry.fullPath.slice(1) }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: FileSystemEntry[] = [];
  // A folder is read in parts, until a part is empty.
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (part.length === 0) break;
    found.push(...part);
  }
  return (await Promise.all(found.map(filesBelow))).flat();
}
