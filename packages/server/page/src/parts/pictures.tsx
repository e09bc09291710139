import { useEffect, useState } from "preact/hooks";
import { fetchBlob, Refusal } from "../api.js";
import { useWork } from "../use-load.js";
import { Loaded } from "./messages.js";

/** An image that was scored, and where it is abnormal. */
export function Pictures({ id }: { id: number }) {
  const found = useWork(
    async (signal) => {
      const [image, map] = await Promise.all(["image", "map"].map((of) => kept(id, of, signal)));
      return { image, map };
    },
    [id],
  );
  return (
    <Loaded of={found}>
      {({ image, map }) =>
        image === undefined ? (
          <p class="note">
            The image was not kept. Those of flagged results are, and of all with <code>keep=all</code>.
          </p>
        ) : (
          <div class="pictures">
            <Picture blob={image} alt="The image that was scored" caption="Image" />
            {map === undefined ? (
              <p class="note">The model says of images whether they are abnormal, and not where.</p>
            ) : (
              <Picture
                blob={map}
                alt="The image, coloured where it is abnormal"
                caption="Where it is abnormal: lines go around what is above the threshold"
              />
            )}
          </div>
        )
      }
    </Loaded>
  );
}

/** Undefined where there is none: a result may be without. */
async function kept(id: number, of: string, signal: AbortSignal): Promise<Blob | undefined> {
  try {
    return await fetchBlob(`/v1/results/${id}/picture?of=${of}`, signal);
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return undefined;
    throw error;
  }
}

function Picture({ blob, alt, caption }: { blob: Blob; alt: string; caption: string }) {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return (
    <figure>
      {url !== undefined && <img src={url} alt={alt} />}
      <figcaption>{caption}</figcaption>
    </figure>
  );
}
