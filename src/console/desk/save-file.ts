import { type Rest, refusalOf } from "../staff/rest.ts";

/** Fetches a file with the session's right and hands it to the browser: no token in an address. */
export async function download(rest: Rest, path: string, name: string): Promise<void> {
  const answer = await rest.call("GET", path);
  if (!answer.ok) throw await refusalOf(answer);
  const url = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
