import { z } from "zod";
import { kinds } from "../domain/kinds.ts";
import { reachesWork } from "../domain/reach.ts";
import type { Post } from "../operations/records.ts";
import type { WorkRecord } from "../store/kept.ts";
import { createPastRights, lookReason } from "./past-rights.ts";
import { type Api, actor, given, instant, needs, page, type ResourceParts } from "./route.ts";

/** What of a kept record says whose it is and where it was. */
interface KeptWork {
  readonly line?: string | null;
  readonly crewId?: string | null;
  readonly deviceId?: string | null;
  readonly vehicleId?: string | null;
  readonly post?: Post | null;
  readonly where?: Post;
  readonly pointId?: string;
  readonly sectionId?: string;
  readonly lat?: number;
  readonly lon?: number;
}

/** What came of the work: who was where, which duties were kept, which points served, which tasks done. */
export function registerWorkHistory(api: Api, { center, config }: ResourceParts): void {
  const { ground } = center.operations;
  const { readable, spanOf } = createPastRights(center, config);

  const workOf = ({ kind, at, subjectId, body }: WorkRecord) => {
    const { line = null, crewId = null, deviceId, vehicleId, post, where, ...kept } = body as unknown as KeptWork;
    const device = deviceId ?? vehicleId ?? (kind === "visit" ? subjectId : null);
    const { lat, lon, pointId, sectionId } = kept;
    const asked =
      post ?? where ?? (pointId !== undefined ? { pointId } : sectionId !== undefined ? { sectionId } : null);
    const place =
      lat !== undefined && lon !== undefined
        ? center.geography.placeAt(lat, lon, at)
        : asked !== null
          ? ground.placeOf(asked, at)
          : (device !== null && center.subjects.get(device)?.place) || null;
    const crew = crewId ?? (kind === "visit" ? center.operations.crews.crewOf(subjectId) : null);
    const ofLine = line ?? (crew === null ? null : (center.operations.register.get("crews", crew)?.line ?? null));
    return { place, line: ofLine, crewId: crew, deviceId: device };
  };
  const isPerson = (id: string): boolean => {
    const device = center.registry.get(id);
    return device !== undefined && kinds[device.kind].personal;
  };
  const query = z.object({
    subjectId: z.string().min(1).max(96).optional(),
    from: instant,
    to: instant.optional(),
    reason: lookReason,
    ...page(config),
  });

  api.get(
    "/visits",
    {
      config: needs("readWork"),
      schema: {
        summary: "Stays of vehicles, newest first; a person's only when asked for by its badge, and with a reason",
        querystring: query,
      },
    },
    async (request) => {
      const { subjectId, from, to, cursor, limit } = request.query;
      if (subjectId !== undefined) await readable(request, subjectId, "visits");
      const found = await center.store.work({
        kind: "visit",
        limit,
        ...spanOf({ from, to }),
        ...given({ subjectId, cursor }),
      });
      const who = actor(request);
      const shown = found.items.filter(
        (record) => (subjectId !== undefined || !isPerson(record.subjectId)) && reachesWork(who, workOf(record)),
      );
      return { items: shown.map(({ body }) => body), next: found.next };
    },
  );

  api.get(
    "/work/:kind",
    {
      config: needs("readWork"),
      schema: {
        summary:
          "Ended duties, judged stops and sweeps, and tasks, newest first; a person's duties only when asked for by its badge, and with a reason. A page may hold fewer than `limit`",
        params: z.object({ kind: z.enum(["duty", "stop", "sweep", "task"]) }),
        querystring: query,
      },
    },
    async (request) => {
      const { subjectId, from, to, cursor, limit } = request.query;
      const { kind } = request.params;
      if (kind === "duty" && subjectId !== undefined) await readable(request, subjectId, "duties");
      const found = await center.store.work({ kind, limit, ...spanOf({ from, to }), ...given({ subjectId, cursor }) });
      const who = actor(request);
      // What somebody did is shown to whoever asks for that person, and says why.
      const shown = found.items.filter(
        (record) =>
          (kind !== "duty" || subjectId !== undefined || !isPerson(record.subjectId)) &&
          reachesWork(who, workOf(record)),
      );
      return { items: shown.map(({ body }) => body), next: found.next };
    },
  );
}
