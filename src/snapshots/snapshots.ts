import type { FastifyBaseLogger } from "fastify";
import type { Center, Registry } from "../center/access.ts";
import { type Alert, type Evidence, finalStates } from "../domain/alert.ts";
import { Problem } from "../domain/problem.ts";
import { MINUTE, type Millis } from "../domain/time.ts";
import { guardedRequest, type Reach, Unreachable } from "../outputs/guarded-request.ts";

/** What a camera saw is fetched where its event says it lies, checked, and kept with the alert it is evidence of. */

export interface SnapshotLimits {
  /** Fetched at the same time, and waiting beyond those. */
  readonly atOnce: number;
  readonly waiting: number;
  /** Of one camera and alert, a new picture at most this often. */
  readonly everyMs: Millis;
  readonly timeoutMs: Millis;
  readonly bytes: number;
}

export interface SnapshotsParts {
  readonly center: Pick<Center, "alerts" | "alerting" | "registry" | "pictures" | "operate" | "onSettled" | "clock">;
  readonly reach: Reach;
  readonly limits: SnapshotLimits;
  readonly logger: Pick<FastifyBaseLogger, "info">;
}

/** One picture to fetch: of this source, seen at this time. */
interface Wanted {
  readonly alertId: string;
  readonly source: string;
  readonly at: Millis;
  readonly url: string;
}

export const snapshotOutcomes = ["kept", "unreachable", "refused", "notAPicture", "tooLarge", "dropped"] as const;
export type SnapshotOutcome = (typeof snapshotOutcomes)[number];
export type Snapshots = ReturnType<typeof createSnapshots>;

/** A box keeps its pictures for minutes; after a restart there is no use in asking for those of yesterday. */
const WORTH_ASKING_MS = 10 * MINUTE;

/** Where the picture of a piece of evidence lies: the event says so, or its camera, or the box its camera hangs on. */
function addressOf(evidence: Evidence, registry: Pick<Registry, "get">): string | undefined {
  const { source, eventId, snapshotUrl } = evidence;
  if (typeof snapshotUrl === "string") return /^https?:/.test(snapshotUrl) ? snapshotUrl : undefined;
  if (typeof eventId !== "string") return undefined;
  const { pictureUrl: own, gatewayId } = registry.get(source)?.attributes ?? {};
  const pattern = own ?? (typeof gatewayId === "string" ? registry.get(gatewayId)?.attributes.pictureUrl : undefined);
  if (typeof pattern !== "string" || !/^https?:/.test(pattern)) return undefined;
  return pattern.replace(/\{(eventId|cameraId)\}/g, (_all, name) =>
    encodeURIComponent(name === "eventId" ? eventId : source),
  );
}

/** Fetches pictures beside the pipeline: nothing waits for them, and what cannot be had costs nothing but a counter. */
export function createSnapshots({ center, reach, limits, logger }: SnapshotsParts) {
  const { alerts, alerting, registry, clock } = center;
  const counts = new Map<SnapshotOutcome, number>(snapshotOutcomes.map((outcome) => [outcome, 0]));
  const wanted = new Map<string, Wanted>();
  /** When which picture of an alert's source was asked for last. */
  const asked = new Map<string, Map<string, { readonly at: Millis; readonly askedAt: Millis }>>();
  const stop = new AbortController();
  const running = new Set<Promise<void>>();
  let rev = 0;

  const note = (outcome: SnapshotOutcome): void => {
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  };

  const want = ({ id: alertId, state, evidence }: Alert, now: Millis): void => {
    if (finalStates.has(state)) {
      asked.delete(alertId);
      return;
    }
    for (const one of evidence) {
      const { source, at, pictureAt } = one;
      const url = pictureAt === at ? undefined : addressOf(one, registry);
      if (url === undefined || now - at > WORTH_ASKING_MS) continue;
      const last = asked.get(alertId)?.get(source);
      if (last && (last.at === at || now - last.askedAt < limits.everyMs)) continue;
      const key = `${alertId} ${source}`;
      if (!wanted.has(key) && wanted.size >= limits.waiting) {
        note("dropped");
        continue;
      }
      const known = asked.get(alertId) ?? new Map();
      asked.set(alertId, known.set(source, { at, askedAt: now }));
      wanted.set(key, { alertId, source, at, url });
    }
  };

  const fetched = async ({ alertId, source, at, url }: Wanted): Promise<SnapshotOutcome> => {
    const question = { method: "GET", url, headers: { accept: "image/*" }, body: "", signal: stop.signal } as const;
    // One byte more than allowed tells a picture that fits from one that was cut off.
    const answer = await guardedRequest(question, reach, {
      timeoutMs: limits.timeoutMs,
      answerBytes: limits.bytes + 1,
    });
    if (answer.status !== 200) return "refused";
    if (answer.body.length > limits.bytes) return "tooLarge";
    const picture = await center.pictures.save(answer.body);
    await center.operate((_now, changes) => alerting.pictured(alertId, source, { id: picture, at }, changes));
    return "kept";
  };

  const take = async (one: Wanted): Promise<void> => {
    try {
      note(await fetched(one));
    } catch (error) {
      if (stop.signal.aborted) return;
      const outcome = error instanceof Problem && error.code === "notAPicture" ? "notAPicture" : "unreachable";
      note(outcome);
      // The address stays out of the log: it may carry the camera's login.
      const why = error instanceof Unreachable || outcome === "notAPicture" ? (error as Error).message : "no answer";
      logger.info({ camera: one.source, alertId: one.alertId, why }, "a camera's picture could not be had");
    }
  };

  const pump = (): void => {
    for (const [key, one] of wanted) {
      if (running.size >= limits.atOnce || stop.signal.aborted) return;
      wanted.delete(key);
      const work = take(one).finally(() => {
        running.delete(work);
        pump();
      });
      running.add(work);
    }
  };

  center.onSettled(() => {
    if (stop.signal.aborted || alerts.head === rev) return;
    const now = clock.now();
    alerts.since(
      rev,
      (alert) => want(alert, now),
      (id) => asked.delete(id),
    );
    rev = alerts.head;
    pump();
  });

  return {
    counts: counts as ReadonlyMap<SnapshotOutcome, number>,
    async close(): Promise<void> {
      stop.abort();
      await Promise.all(running);
    },
  };
}
