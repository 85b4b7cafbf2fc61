import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileTypeFromBuffer } from "file-type";
import { Problem } from "../domain/problem.ts";
import type { Millis } from "../domain/time.ts";

/** Pictures of work, as files beside the database: large, never changed, named by their content. */

/** What browsers show safely as an image. SVG is not among them: it can carry scripts. */
export const pictureTypes = { "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp" } as const;
type PictureType = keyof typeof pictureTypes;
const idPattern = /^[0-9a-f]{64}\.(?:jpg|png|webp)$/;

export type Pictures = ReturnType<typeof createPictures>;

export function createPictures(dataDirectory: string) {
  const directory = join(dataDirectory, "pictures");
  /** Two levels keep folders small: a busy district makes thousands a day. */
  const folderOf = (id: string) => join(directory, id.slice(0, 2));

  return {
    /**
     * Stores a picture; it is on disk when the promise resolves. The same bytes get the same id.
     * @throws Problem 415 when the bytes are no JPEG, PNG or WebP, whatever the sender calls them
     */
    async save(bytes: Uint8Array): Promise<string> {
      const type = (await fileTypeFromBuffer(bytes))?.mime;
      if (type === undefined || !(type in pictureTypes)) {
        throw new Problem(415, "notAPicture", "send the bytes of a JPEG, PNG or WebP picture as the body");
      }
      const id = `${createHash("sha256").update(bytes).digest("hex")}.${pictureTypes[type as PictureType]}`;
      const folder = folderOf(id);
      await mkdir(folder, { recursive: true });
      const partial = join(folder, `${randomUUID()}.partial`);
      const file = await open(partial, "wx");
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(partial, join(folder, id));
      const entry = await open(folder, "r");
      await entry.sync().finally(() => entry.close());
      return id;
    },

    /** Null when there is no such picture (any more). */
    async read(id: string): Promise<{ type: PictureType; bytes: Buffer } | null> {
      if (!idPattern.test(id)) return null;
      const type = (Object.keys(pictureTypes) as PictureType[]).find((one) => id.endsWith(pictureTypes[one]));
      try {
        return type ? { type, bytes: await readFile(join(folderOf(id), id)) } : null;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
        throw error;
      }
    },

    /** Removes what was stored before a time, but for what is still looked at. */
    async forget(before: Millis, kept: ReadonlySet<unknown>): Promise<void> {
      for (const name of await readdir(directory, { recursive: true }).catch(() => [])) {
        if (kept.has(name.slice(3))) continue;
        const path = join(directory, name);
        const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
        if (mtimeMs < before && (idPattern.test(name.slice(3)) || name.endsWith(".partial"))) await rm(path);
      }
    },
  };
}
