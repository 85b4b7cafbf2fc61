import { z } from "zod";
import { minutesOf } from "../domain/calendar.ts";
import { type FeatureType, facilityKinds, sectionWorks, spotKinds } from "../domain/district.ts";
import { dayNames } from "../domain/opening-hours.ts";
import { areaGrades, placeTypes } from "../domain/place.ts";

/**
 * What each type of feature must and may say about itself. Further properties are kept: other systems' layers live in the
 * same file.
 */

const id = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[^\s/?#]+$/, "may hold no blanks, / ? or #");
const name = z.string().min(1).max(200).nullable().optional();
const metres = (most: number) => z.number().gt(0, "must be more than 0").max(most);
const instant = z.union([
  z.number().int(),
  z
    .string()
    .refine(
      (text) => !Number.isNaN(Date.parse(text)),
      "must be epoch milliseconds or ISO 8601 (2027-01-01T00:00+08:00)",
    ),
]);
const timeOfDay = z.string().refine((text) => Number.isFinite(minutesOf(text)), "must be a time of day like 05:30");
const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, "must be a date like 2027-01-20");
const hoursFields = {
  from: timeOfDay,
  to: timeOfDay,
  days: z.array(z.enum(dayNames)).min(1).optional(),
  dates: z.tuple([date, date]).optional(),
};
const hours = z.array(z.strictObject(hoursFields)).min(1).max(32).optional();
const graded = {
  areaGrade: z.enum(areaGrades).nullable().optional(),
  placeType: z.enum(placeTypes).nullable().optional(),
};
const within = { communityId: id.nullable().optional(), gridId: id.nullable().optional() };
const valid = { validFrom: instant.nullable().optional(), validTo: instant.nullable().optional() };
const crew = { crewId: id.nullable().optional() };

const shape = <T extends FeatureType, S extends z.ZodRawShape>(type: T, fields: S) =>
  z.looseObject({ type: z.literal(type), id, name, ...fields });

/** The geometries a type may have; null: none. */
type Form = "Point" | "LineString" | "MultiLineString" | "Polygon" | "MultiPolygon" | null;

interface TypeShape {
  readonly properties: z.ZodObject;
  readonly geometries: readonly Form[] | "any";
}

const polygon: readonly Form[] = ["Polygon", "MultiPolygon"];
const place: readonly Form[] = ["Point", "Polygon", "MultiPolygon"];

export const shapes: Readonly<Record<FeatureType, TypeShape>> = {
  // The administrative ladder: a city and a district may have a name and a code only.
  boundary: {
    properties: shape("boundary", {
      level: z.enum(["city", "district", "subdistrict"]).default("subdistrict"),
      code: z.string().max(32).optional(),
      parentId: id.nullable().optional(),
    }),
    geometries: [...polygon, null],
  },
  community: {
    properties: shape("community", {
      /** Two outlines of one community, one after the other, have an id each and this in common. */
      communityId: id.optional(),
      code: z.string().max(32).optional(),
      parentId: id.nullable().optional(),
      ...valid,
      ...graded,
    }),
    geometries: polygon,
  },
  grid: {
    properties: shape("grid", { communityId: id.nullable().optional(), ...valid, ...graded, ...crew }),
    geometries: polygon,
  },
  unitGrid: {
    properties: shape("unitGrid", {
      code: z.string().regex(/^\d{15}$/, "must be 15 digits: 6 district, 3 subdistrict, 3 community, 3 cell"),
      ...valid,
    }),
    geometries: polygon,
  },
  road: {
    properties: shape("road", { class: roadClass().optional(), widthM: metres(200).optional() }),
    geometries: ["LineString"],
  },
  section: {
    properties: shape("section", {
      roadId: id.nullable().optional(),
      class: roadClass(),
      lengthM: metres(50_000).optional(),
      widthM: metres(200),
      windows: z
        .array(z.strictObject({ work: z.enum(sectionWorks), ...hoursFields }))
        .max(32)
        .optional(),
      speedLimitKmh: z.number().min(5).max(120).optional(),
      mechanisable: z.boolean().optional(),
      fireLane: z.boolean().optional(),
      ...within,
      ...graded,
      ...crew,
    }),
    geometries: ["LineString"],
  },
  depositPoint: {
    properties: shape("depositPoint", { roadId: id.nullable().optional(), hours, ...within, ...graded }),
    geometries: ["Point"],
  },
  facility: {
    properties: shape("facility", {
      facility: z.enum(facilityKinds),
      /** Makes a circle of a point. */
      radiusM: metres(2_000).optional(),
      hours,
      ...within,
      ...graded,
    }),
    geometries: place,
  },
  spot: {
    properties: shape("spot", {
      spot: z.enum(spotKinds),
      radiusM: metres(2_000).optional(),
      corridorM: metres(200).optional(),
      hours,
      /** What may be seen here in its hours (categories of sightings); by default what its kind permits. */
      permits: z.array(z.string().min(3).max(64)).min(1).max(64).optional(),
      ...within,
    }),
    geometries: [...place, "LineString"],
  },
  area: {
    properties: shape("area", { purpose: z.string().max(32).optional(), roadId: id.nullable().optional(), ...within }),
    geometries: polygon,
  },
  route: {
    properties: shape("route", {
      sections: z.array(id).max(1_000).optional(),
      corridorM: metres(1_000).optional(),
      vehicleType: z.string().max(32).optional(),
      hours,
      ...crew,
    }),
    geometries: ["LineString", "MultiLineString", null],
  },
  overlay: { properties: shape("overlay", {}), geometries: "any" },
};

function roadClass() {
  return z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)], "must be 1, 2, 3 or 4");
}
