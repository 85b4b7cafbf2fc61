import type { FeatureCollection } from "geojson";
import { z } from "zod";
import { inScope } from "../domain/reach.ts";
import type { LiveSweep } from "../operations/sweeps.ts";
import { type Api, instant, needs, type ResourceParts, token } from "./route.ts";

/** Which road sections are swept, as lines for maps. */
export function registerCoverage(api: Api, { center }: ResourceParts): void {
  api.get(
    "/coverage",
    {
      config: needs("readDistrict"),
      schema: {
        summary: "Road sections with how much of each is swept, 0 to 1; null where nothing is planned",
        querystring: z.object({
          /** The sweep window that this instant lies in; the one under way, or the last one, when absent. */
          at: instant.optional(),
        }),
      },
    },
    async (request): Promise<FeatureCollection> => {
      const { scope } = token(request);
      const at = request.query.at ?? center.clock.now();
      const shown = new Map<string, LiveSweep>();
      for (const sweep of center.operations.sweeps.all()) {
        const { sectionId, from } = sweep.planned;
        if (from > at) continue;
        const known = shown.get(sectionId);
        if (!known || known.planned.from < from) shown.set(sectionId, sweep);
      }
      return {
        type: "FeatureCollection",
        features: center.geography
          .sections()
          .filter(({ communityId, gridId, areaGrade, line }) => {
            const [lon = 0, lat = 0] = line[0] ?? [];
            const place = { lat, lon, communityId, gridId, sectionId: null, pointId: null, placeType: null, areaGrade };
            return inScope(scope, place);
          })
          .map(({ id, name, class: roadClass, lengthM, widthM, line }) => {
            const sweep = shown.get(id);
            return {
              type: "Feature",
              id,
              geometry: { type: "LineString", coordinates: line.map(([lon, lat]) => [lon, lat]) },
              properties: {
                id,
                name,
                class: roadClass,
                lengthM,
                widthM,
                coverage: sweep ? sweep.state.share : null,
                from: sweep?.planned.from ?? null,
                to: sweep?.planned.to ?? null,
                warned: sweep?.state.warned ?? false,
                missed: sweep?.state.raised ?? false,
              },
            };
          }),
      };
    },
  );
}
