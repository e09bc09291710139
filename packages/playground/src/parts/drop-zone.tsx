import { useRef, useState } from "preact/hooks";
import { type Chosen, chosenFiles, droppedFiles } from "../dropped.js";

/** Takes files and folders: dropped, or chosen with a button. */
export function DropZone({
  title,
  onFiles,
  disabled,
  small,
}: {
  title: string;
  onFiles: (files: Chosen[]) => void;
  disabled: boolean;
  small: boolean;
}) {
  const [over, setOver] = useState(false);
  const file = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const take = (files: Chosen[]) => {
    if (files.length > 0 && !disabled) onFiles(files);
  };
  const picked = (event: Event) => {
    const input = event.currentTarget as HTMLInputElement;
    take(chosenFiles(input.files));
    // The same file may be chosen again.
    input.value = "";
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way; the buttons are for everybody
    <div
      class={`drop${over ? " over" : ""}${small ? " small" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        if (event.dataTransfer !== null) void droppedFiles(event.dataTransfer).then(take);
      }}
    >
      <p class="drop-title">{title}</p>
      <p class="buttons drop-buttons">
        <button
          type="button"
          class={small ? "" : "main"}
          disabled={disabled}
          onClick={() => file.current?.click()}
        >
          Choose a file
        </button>
        <button type="button" disabled={disabled} onClick={() => folder.current?.click()}>
          Choose a folder of images
        </button>
      </p>
      <input ref={file} type="file" multiple hidden onChange={picked} data-kind="file" />
      <input
        ref={folder}
        type="file"
        multiple
        hidden
        onChange={picked}
        data-kind="folder"
        {...{ webkitdirectory: true }}
      />
    </div>
  );
}
