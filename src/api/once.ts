import { createHash } from "node:crypto";
import type { Center } from "../center/access.ts";
import type { Changes } from "../center/changes.ts";
import { Problem } from "../domain/problem.ts";
import type { Actor } from "../domain/roles.ts";
import type { Json } from "../domain/text.ts";
import type { Millis } from "../domain/time.ts";

export interface Answer {
  readonly status: number;
  readonly body: Json;
}

/** Runs a change once, however often the request with its `Idempotency-Key` comes; the answer is kept with the change. */
export function createOnce(center: Center) {
  /** Answers being worked out now: the second of two equal requests waits for the first. */
  const inFlight = new Map<string, Promise<Answer>>();

  return async (
    key: string | undefined,
    who: Actor,
    request: { readonly url: string; readonly body: unknown },
    status: number,
    run: (now: Millis, changes: Changes) => Json,
  ): Promise<Answer> => {
    if (key === undefined) return { status, body: await center.operate(run) };
    const content = createHash("sha256")
      .update(`${request.url}\n${JSON.stringify(request.body ?? null)}`)
      .digest("hex");
    // A person who had to log in again meanwhile is still the same person.
    const fullKey = `${who.personId ?? who.tokenId}\n${key}`;
    const replay = (known: Answer): Answer => {
      const stored = known.body as { content?: string; answer: Json };
      if (stored.content !== content) {
        throw new Problem(422, "idempotencyKeyReused", "this Idempotency-Key was used for another request");
      }
      return { status: known.status, body: stored.answer };
    };
    const running = inFlight.get(fullKey);
    if (running) return replay(await running);
    const known = await center.store.answer(fullKey);
    if (known) return replay(known);
    const again = inFlight.get(fullKey);
    if (again) return replay(await again);
    const work = center
      .operate((now, changes) => {
        const body = { content, answer: run(now, changes) };
        changes.answers.push({ key: fullKey, at: now, status, body });
        return { status, body: body as Json };
      })
      .finally(() => inFlight.delete(fullKey));
    inFlight.set(fullKey, work);
    return replay(await work);
  };
}
