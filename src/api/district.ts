import { z } from "zod";
import { demandGround } from "../access/policy.ts";
import { positionsOf } from "../district/plane.ts";
import { readFeatures } from "../district/read.ts";
import { shownFeature } from "../district/view.ts";
import { type DistrictFeature, featureTypes } from "../domain/district.ts";
import { conflict, notFound } from "../domain/problem.ts";
import { seesPeople } from "../stream/anonymous.ts";
import {
  type Api,
  actor,
  bbox,
  flag,
  instant,
  list,
  needs,
  page,
  type ResourceParts,
  revisionOf,
  token,
} from "./route.ts";

const idParameter = z.object({ id: z.string().max(64) });
const headers = z.object({ "if-match": z.string().max(32).optional() });
const reason = z.string().min(1).max(500);
const coordSystem = z
  .enum(["wgs84", "gcj02"])
  .default("wgs84")
  .describe("datum of the answer; Chinese base maps use gcj02");
const FEATURE_EDITIONS = 100;

/** What lies where, and every edition of it. */
export function registerDistrict(api: Api, { center, config }: ResourceParts): void {
  const { district } = center;
  const ofEdition = (asked: string | undefined) => {
    const edition = revisionOf(asked);
    if (edition === undefined || edition === district.note.edition) return;
    throw conflict("conflict", `somebody was faster: the district is at edition ${district.note.edition}`, {
      edition: district.note.edition,
    });
  };
  const existing = (id: string): DistrictFeature => {
    const feature = center.geography.feature(id);
    if (!feature) throw notFound(`feature ${id}`);
    return feature;
  };

  /** Where every vertex lies. */
  const placesOf = (features: readonly DistrictFeature[]) =>
    features.flatMap((feature) =>
      positionsOf(feature).map(([lon = 0, lat = 0]) => center.geography.placeAt(lat, lon, center.clock.now())),
    );

  api.get(
    "/district",
    {
      config: needs("readDistrict"),
      schema: {
        summary: "Boundary, communities, grids, sections, points, zones and routes as GeoJSON; also as they were",
        querystring: z.object({ edition: z.coerce.number().int().min(1).optional(), coordSystem }),
      },
    },
    async (request, reply) => {
      const { edition, coordSystem } = request.query;
      const past = edition === undefined ? null : await center.store.edition(edition);
      if (edition !== undefined && !past) throw notFound(`edition ${edition} of the district`);
      const people = seesPeople(token(request).role);
      const features = (past?.features ?? center.geography.features).map((feature) =>
        shownFeature(feature, people, coordSystem),
      );
      const number = past?.note.edition ?? district.note.edition;
      return reply
        .header("etag", `"${number}"`)
        .send({ type: "FeatureCollection", edition: number, coordSystem, features });
    },
  );

  api.put(
    "/district",
    {
      config: needs("manageDistrict"),
      bodyLimit: config.HTTP_IMPORT_BYTES,
      schema: {
        summary:
          "Replace the whole district, checked; ?dryRun=true only tells what would change. If-Match is its edition",
        headers,
        querystring: z.object({ dryRun: flag, reason }),
        body: z.looseObject({ type: z.literal("FeatureCollection") }),
      },
    },
    async (request) => {
      const who = actor(request);
      demandGround(token(request), null);
      ofEdition(request.headers["if-match"]);
      const { features, issues } = readFeatures(request.body);
      const draft = await district.draft(features, { issues, numbered: true });
      const { dryRun = false, reason } = request.query;
      const answer = { ...draft.counts, notes: draft.notes.slice(0, config.HTTP_PAGE_ROWS) };
      if (dryRun) return { dryRun, edition: draft.from, ...answer };
      const note = await center.operate((now, changes) =>
        district.put(draft, { actor: who.name, reason }, now, changes),
      );
      return { dryRun, edition: note.edition, ...answer };
    },
  );

  api.get(
    "/district/features",
    {
      config: needs("readDistrict"),
      schema: {
        summary: "Features by type, box, or nearness to a position, by id",
        querystring: z.object({
          type: list(z.enum(featureTypes)),
          bbox,
          near: z
            .string()
            .transform((given) => given.split(",").map(Number))
            .pipe(z.tuple([z.number().min(-90).max(90), z.number().min(-180).max(180), z.number().min(0).max(10_000)]))
            .describe("latitude,longitude,metres")
            .optional(),
          coordSystem,
          ...page(config),
        }),
      },
    },
    async (request) => {
      const { type: types = featureTypes, bbox: box, near, coordSystem, cursor, limit } = request.query;
      const people = seesPeople(token(request).role);
      const { geography } = center;
      const show = (feature: DistrictFeature) => shownFeature(feature, people, coordSystem);
      if (near) {
        const found = geography.near(types, ...near).slice(0, limit);
        return { items: found.map(({ feature, distanceM }) => ({ ...show(feature), distanceM })), next: null };
      }
      const asked = new Set(types);
      const features = box
        ? types.flatMap((type) => geography.inside(type, ...box))
        : geography.features.filter(({ properties }) => asked.has(properties.type));
      const rest = features
        .filter(({ properties }) => cursor === undefined || properties.id > cursor)
        .sort((a, b) => (a.properties.id < b.properties.id ? -1 : 1));
      const items = rest.slice(0, limit);
      return { items: items.map(show), next: rest.length > limit ? (items.at(-1)?.properties.id ?? null) : null };
    },
  );

  api.get(
    "/district/features/:id",
    {
      config: needs("readDistrict"),
      schema: {
        summary: "One feature and what it was before",
        params: idParameter,
        querystring: z.object({ coordSystem }),
      },
    },
    async (request, reply) => {
      const people = seesPeople(token(request).role);
      const { id } = request.params;
      const shown = shownFeature(existing(id), people, request.query.coordSystem);
      const past = await center.store.featureEditions(id, FEATURE_EDITIONS);
      const editions = past.map(({ since, until }) => ({ since, until }));
      return reply.header("etag", `"${district.note.edition}"`).send({ ...shown, editions });
    },
  );

  api.put(
    "/district/features/:id",
    {
      config: needs("manageDistrict"),
      schema: {
        summary: "Add or replace one feature, checked with its neighbours. If-Match is the edition of the district",
        params: idParameter,
        headers,
        querystring: z.object({ dryRun: flag, reason }),
        body: z.looseObject({ type: z.literal("Feature"), properties: z.record(z.string(), z.unknown()) }),
      },
    },
    async (request, reply) => {
      const who = actor(request);
      ofEdition(request.headers["if-match"]);
      const { id } = request.params;
      const { coordSystem, editions: _editions, ...feature } = request.body;
      const properties = { ...feature.properties, id };
      const { features, issues } = readFeatures({
        type: "FeatureCollection",
        coordSystem,
        features: [{ ...feature, properties }],
      });
      const known = center.geography.feature(id);
      demandGround(token(request), () => placesOf(known ? [known, ...features] : features));
      const others = center.geography.features.filter((other) => other !== known);
      const draft = await district.draft([...others, ...features], { issues, numbered: false });
      const { dryRun = false, reason } = request.query;
      const answer = { ...draft.counts, notes: draft.notes };
      if (dryRun) return reply.send({ dryRun, edition: draft.from, ...answer });
      const told = { actor: who.name, reason: `${id}: ${reason}` };
      const note = await center.operate((now, changes) => district.put(draft, told, now, changes));
      return reply.code(known ? 200 : 201).send({ dryRun, edition: note.edition, ...answer });
    },
  );

  api.delete(
    "/district/features/:id",
    {
      config: needs("manageDistrict"),
      schema: {
        summary: "Remove a feature; earlier editions keep it",
        params: idParameter,
        headers,
        querystring: z.object({ reason }),
      },
    },
    async (request) => {
      const who = actor(request);
      ofEdition(request.headers["if-match"]);
      const { id } = request.params;
      const known = existing(id);
      demandGround(token(request), () => placesOf([known]));
      const draft = await district.draft(center.geography.features.filter((other) => other !== known));
      const told = { actor: who.name, reason: `${id}: ${request.query.reason}` };
      const note = await center.operate((now, changes) => district.put(draft, told, now, changes));
      return { edition: note.edition, ...draft.counts };
    },
  );

  api.get(
    "/district/editions",
    {
      config: needs("readDistrictEditions"),
      schema: { summary: "Who changed the district, when and why, newest first", querystring: z.object(page(config)) },
    },
    async (request) => {
      const { cursor, limit } = request.query;
      return center.store.editions({ limit, ...(cursor !== undefined && { cursor: Number(cursor) || 0 }) });
    },
  );

  api.get(
    "/district/place",
    {
      config: needs("readDistrict"),
      schema: {
        summary: "Where a position lies: what a record made there would carry",
        querystring: z.object({
          lat: z.coerce.number().min(-90).max(90),
          lon: z.coerce.number().min(-180).max(180),
          at: instant.optional(),
        }),
      },
    },
    async (request) => {
      const { lat, lon, at = center.clock.now() } = request.query;
      const { geography } = center;
      const [cell] = geography.near(["unitGrid"], lat, lon, 0, at);
      return { ...geography.placeAt(lat, lon, at), unitGridId: cell?.feature.properties.id ?? null };
    },
  );
}
