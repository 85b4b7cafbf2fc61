import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

export interface PictureFile {
  readonly id: string;
  readonly path: string;
}

/** Where a picture lies within a folder of pictures (store/pictures.ts). */
export const picturePath = (pictures: string, id: string): string => join(pictures, id.slice(0, 2), id);

/** Pictures that are stored whole, in order of their names. */
export function* pictureFiles(pictures: string): Generator<PictureFile> {
  if (!existsSync(pictures)) return;
  for (const folder of readdirSync(pictures).sort()) {
    for (const id of namesIn(join(pictures, folder))) {
      if (!id.endsWith(".partial")) yield { id, path: join(pictures, folder, id) };
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    // Removed meanwhile, or a file among the folders: neither holds pictures.
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  }
}
