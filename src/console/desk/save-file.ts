import { type Rest, refusalOf } from "../staff/rest.ts";

/**
 * Files of any length: what comes is written to the browser's own disk as it comes, and handed to the person when it is whole,
 * so that neither memory is filled nor half a file left behind. Where a browser gives pages no disk (an address without TLS),
 * it goes through a blob.
 */

export interface Saving {
  /** Called with how many bytes have come so far. */
  readonly onBytes?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

const FOLDER = "exports";
/** The browser copies a file after its link is pressed; until then it must stay. */
const KEPT_MS = 60_000;
/** Nobody downloads for a day. */
const LEFT_BEHIND_MS = 86_400_000;

/**
 * Fetches a file with the session's right and hands it to the browser: no token in an address.
 * @throws Refused in the center's words; TypeError when the line breaks before the file is whole
 */
export async function download(rest: Rest, path: string, name: string, saving: Saving = {}): Promise<void> {
  const { onBytes, signal } = saving;
  const answer = await rest.call("GET", path, undefined, undefined, signal);
  if (!answer.ok) throw await refusalOf(answer);
  let bytes = 0;
  const counter = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      onBytes?.(bytes);
      controller.enqueue(chunk);
    },
  });
  const content = (answer.body ?? new Blob().stream()).pipeThrough(counter, signal ? { signal } : {});
  const scratch = await openScratch();
  const file = scratch ? await scratch.fill(content) : await new Response(content).blob();
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(url);
    void scratch?.remove();
  }, KEPT_MS);
}

/** A file of this page's own on the browser's disk; null where there is none. */
async function openScratch() {
  if (!navigator.storage?.getDirectory) return null;
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle(FOLDER, { create: true });
  await tidy(folder);
  const id = crypto.randomUUID();
  const handle = await folder.getFileHandle(id, { create: true });
  const remove = () => folder.removeEntry(id).catch(() => {});
  if (!("createWritable" in handle)) return null;
  return {
    async fill(content: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<File> {
      try {
        await content.pipeTo(await handle.createWritable());
      } catch (error) {
        await remove();
        throw error;
      }
      return handle.getFile();
    },
    remove,
  };
}

/** Takes away what a page that was closed left behind. */
async function tidy(folder: FileSystemDirectoryHandle): Promise<void> {
  for await (const [name, handle] of folder.entries()) {
    const { lastModified } = await (handle as FileSystemFileHandle).getFile();
    if (lastModified < Date.now() - LEFT_BEHIND_MS) await folder.removeEntry(name).catch(() => {});
  }
}
