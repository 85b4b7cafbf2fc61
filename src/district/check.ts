import { wgs84ToGcj02 } from "../domain/coordinates.ts";
import type { DistrictFeature, FeatureType } from "../domain/district.ts";
import { distanceM } from "../domain/place.ts";
import { areaProblems, gapsInTime } from "./check-areas.ts";
import type { Geography } from "./geography.ts";
import { type DistrictCheck, type DistrictIssue, issueOf } from "./issue.ts";
import { instantOf } from "./layer.ts";
import { lengthOfLine, type Position, positionsOf } from "./plane.ts";

/** Parts of a section or a place that lie further outside the boundary than this do not belong to the district. */
const OUTSIDE_M = 100;
/** A length that was written down may differ from the drawn line by this share before it is a mistake. */
const LENGTH_SHARE = 0.5;
/** Sections of a route that follow each other are no further apart than this, unless the way between is not worked. */
const ROUTE_GAP_M = 300;
/** Features of the same id that all moved by the offset of GCJ-02, at least so many, betray the wrong datum. */
const SHIFTED_LEAST = 3;

/**
 * What features mean together: everything that would make a rule, a route or a figure wrong without anybody noticing.
 * Yields what it finds, and null as a breathing space: a large district is checked in between messages.
 */
export function* checkDistrict(check: DistrictCheck): Generator<DistrictIssue | null> {
  const { next, changed } = check;
  yield* wrongDatum(check);
  const subdistricts = next.features.filter(
    ({ properties, geometry }) => properties.type === "boundary" && properties.level === "subdistrict" && geometry,
  );
  const outsideM = (lat: number, lon: number): number => {
    if (subdistricts.length === 0) return 0;
    const metres = subdistricts.map(({ properties }) => next.metresOutside(properties.id, lat, lon) ?? 0);
    return Math.min(...metres);
  };
  for (const feature of next.features) {
    if (!changed.has(feature.properties.id)) continue;
    yield* areaProblems(feature, check);
    if (belongsInside.has(feature.properties.type)) yield* outsideBoundary(feature, outsideM);
    yield* byType[feature.properties.type]?.(feature, next) ?? [];
    yield null;
  }
  yield* gapsInTime(check);
  yield* brokenReferences(check);
}

const byType: Partial<Record<FeatureType, (feature: DistrictFeature, next: Geography) => Generator<DistrictIssue>>> = {
  *section(feature) {
    const { lengthM } = feature.properties;
    const drawnM = Math.round(lengthOfLine(lineOf(feature)));
    if (typeof lengthM !== "number") {
      yield issueOf(feature, `it has no lengthM; its line measures ${drawnM} m`, "nothing: this is used", "note");
    } else if (Math.abs(lengthM - drawnM) > drawnM * LENGTH_SHARE) {
      const todo = "correct lengthM or the line, or leave lengthM out to use the line's";
      yield issueOf(feature, `lengthM is ${lengthM} but its line measures ${drawnM} m`, todo);
    }
  },

  *route(feature, next) {
    const sections = (feature.properties.sections ?? []) as readonly string[];
    if (sections.length === 0 && !feature.geometry) {
      yield issueOf(feature, "it has neither sections nor a line", 'name its sections: "sections": ["…"], or draw it');
    }
    let end: Position | undefined;
    for (const id of sections) {
      const line = next.section(id)?.line;
      if (!line) {
        yield issueOf(feature, `there is no section ${id}`, "correct the id, or add the section in the same file");
        continue;
      }
      const [first, last] = [line[0] as Position, line.at(-1) as Position];
      const gapM = end ? Math.min(between(end, first), between(end, last)) : 0;
      if (gapM > ROUTE_GAP_M) {
        const problem = `section ${id} begins ${Math.round(gapM)} m from where the one before it ends`;
        yield issueOf(feature, problem, "check the order of its sections", "note");
      }
      end = end && between(end, last) < between(end, first) ? first : last;
    }
  },

  *community(feature) {
    const from = instantOf(feature.properties.validFrom);
    const to = instantOf(feature.properties.validTo);
    if (from !== null && to !== null && to <= from) {
      yield issueOf(
        feature,
        "validTo is not later than validFrom",
        "a community is valid from validFrom until validTo",
      );
    }
  },
};

const lineOf = ({ geometry }: DistrictFeature): readonly Position[] =>
  geometry?.type === "LineString" ? geometry.coordinates : [];

const between = ([lonA = 0, latA = 0]: Position, [lonB = 0, latB = 0]: Position): number =>
  distanceM({ lat: latA, lon: lonA }, { lat: latB, lon: lonB });

const belongsInside: ReadonlySet<FeatureType> = new Set([
  "community",
  "grid",
  "unitGrid",
  "section",
  "depositPoint",
  "facility",
  "spot",
]);

function* outsideBoundary(
  feature: DistrictFeature,
  outsideM: (lat: number, lon: number) => number,
): Generator<DistrictIssue> {
  for (const [lon = 0, lat = 0] of positionsOf(feature)) {
    const metres = outsideM(lat, lon);
    if (metres <= OUTSIDE_M) continue;
    const asMeant = wgs84FromGcj02(lat, lon);
    const todo =
      outsideM(lon, lat) === 0
        ? "it lies inside with latitude and longitude swapped: GeoJSON writes [longitude, latitude]"
        : outsideM(asMeant.lat, asMeant.lon) === 0
          ? 'it would lie inside as GCJ-02: if it comes from a Chinese base map, say "coordSystem": "gcj02" for the file'
          : "correct it, or the boundary";
    yield issueOf(feature, `[${lon}, ${lat}] lies ${Math.round(metres)} m outside the boundary`, todo);
    return;
  }
}

/** The first order is near enough for a hint. */
function wgs84FromGcj02(lat: number, lon: number): { lat: number; lon: number } {
  const there = wgs84ToGcj02(lat, lon);
  return { lat: 2 * lat - there.lat, lon: 2 * lon - there.lon };
}

/** What is known in WGS-84 comes again, all of it moved by the offset of Chinese base maps. */
function* wrongDatum({ next, previous, changed }: DistrictCheck): Generator<DistrictIssue> {
  let shifted: DistrictFeature | null = null;
  let [moved, byOffset] = [0, 0];
  for (const feature of next.features) {
    const before = changed.has(feature.properties.id) ? previous.feature(feature.properties.id) : undefined;
    const [is, was] = [positionsOf(feature)[0], before && positionsOf(before)[0]];
    if (!is || !was || between(is, was) < 50) continue;
    moved++;
    const there = wgs84ToGcj02(was[1] as number, was[0] as number);
    if (between(is, [there.lon, there.lat]) > 20) continue;
    byOffset++;
    shifted ??= feature;
  }
  if (!shifted || byOffset < SHIFTED_LEAST || byOffset < moved / 2) return;
  const problem = `it and ${byOffset - 1} others moved by exactly the offset of GCJ-02`;
  yield issueOf(shifted, problem, 'say "coordSystem": "gcj02" for the file, and they are converted');
}

/** References that lead nowhere, also from features that did not change themselves. */
function* brokenReferences({ next, previous, changed }: DistrictCheck): Generator<DistrictIssue> {
  const communities = new Set(
    next.features.filter(isCommunity).map(({ properties }) => properties.communityId ?? properties.id),
  );
  const gone = new Set(previous.features.filter(({ properties: { id } }) => !next.feature(id)).map(idOf));
  const lost = previous.features.some((feature) => isCommunity(feature) && gone.has(idOf(feature)));
  for (const feature of next.features) {
    const { id, type, communityId, gridId, parentId, roadId, sections } = feature.properties;
    const own = changed.has(id);
    if ((own || lost) && communities.size > 0 && typeof communityId === "string" && !communities.has(communityId)) {
      yield issueOf(feature, `there is no community ${communityId}`, "correct communityId, or add the community");
    }
    for (const [name, target] of Object.entries({ gridId, parentId, roadId })) {
      if (typeof target !== "string" || next.feature(target) || !(own || gone.has(target))) continue;
      yield issueOf(feature, `there is no feature ${target}`, `correct ${name}, or add it in the same file`);
    }
    if (type !== "route" || own) continue;
    for (const section of (sections ?? []) as readonly string[]) {
      if (gone.has(section)) yield issueOf(feature, `its section ${section} is removed`, "change the route first");
    }
  }
}

const isCommunity = ({ properties }: DistrictFeature): boolean => properties.type === "community";
const idOf = ({ properties }: DistrictFeature): string => properties.id;
