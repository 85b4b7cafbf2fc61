import { readFileSync } from "node:fs";
import type { FeatureCollection } from "geojson";
import { type LonLat, type Plane, type Point, planeAt } from "./geometry.ts";
import { type Network, readNetwork } from "./network.ts";
import { districtOrigin, districtPath } from "./yutang/district.ts";

/** A place of the district that actors refer to. */
export interface Site {
  readonly id: string;
  readonly name: string;
  readonly point: Point;
  readonly lat: number;
  readonly lon: number;
  readonly communityId: string;
  readonly gridId: string;
  readonly placeType: string;
  readonly areaGrade: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** The district as the simulated devices know it. */
export interface Town {
  readonly plane: Plane;
  readonly network: Network;
  readonly communities: readonly string[];
  /** What a feature is called; empty when it has no name. */
  nameOf(id: string): string;
  readonly depositPoints: readonly Site[];
  /** Public toilets, stations, depots and kitchen-waste points by their `facility`. */
  facilities(facility: string): readonly Site[];
  /** Ids of the road sections. */
  readonly sections: readonly string[];
  /** Outer ring of a work area. */
  area(id: string): readonly Point[];
}

export function readTown(path: string = districtPath): Town {
  const district = JSON.parse(readFileSync(path, "utf8")) as FeatureCollection;
  const plane = planeAt(districtOrigin);
  const sites = (type: string): Site[] =>
    district.features.flatMap(({ properties, geometry }) => {
      if (properties?.type !== type || geometry.type !== "Point") return [];
      const [lon = 0, lat = 0] = geometry.coordinates;
      const text = (name: string): string => String(properties[name] ?? "");
      const site: Site = {
        id: text("id"),
        name: text("name") || text("id"),
        point: plane.toPoint([lon, lat]),
        lat,
        lon,
        communityId: text("communityId"),
        gridId: text("gridId"),
        placeType: text("placeType"),
        areaGrade: text("areaGrade"),
        properties,
      };
      return [site];
    });
  const areas = new Map<string, readonly Point[]>();
  for (const { properties, geometry } of district.features) {
    if (properties?.type !== "area" || geometry.type !== "Polygon") continue;
    areas.set(
      String(properties.id),
      (geometry.coordinates[0] ?? []).map((position) => plane.toPoint(position as LonLat)),
    );
  }
  const facilities = Object.groupBy(sites("facility"), (site) => String(site.properties.facility));
  return {
    plane,
    network: readNetwork(district, plane),
    communities: district.features
      .filter((feature) => feature.properties?.type === "community")
      .map((feature) => String(feature.properties?.id)),
    nameOf: (id) => String(district.features.find(({ properties }) => properties?.id === id)?.properties?.name ?? ""),
    depositPoints: sites("depositPoint"),
    sections: district.features.flatMap(({ properties }) =>
      properties?.type === "section" ? [String(properties.id)] : [],
    ),
    facilities: (facility) => facilities[facility] ?? [],
    area(id) {
      const ring = areas.get(id);
      if (!ring) throw new RangeError(`the district has no area ${id}`);
      return ring;
    },
  };
}
