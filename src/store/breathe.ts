/** Lets whatever waits (a commit, above all) go first; throws when nobody waits for the answer any more. */
export async function breathe(signal?: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}
