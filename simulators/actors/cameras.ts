import { type CategoryName, categories } from "../../src/domain/categories.ts";
import type { Detection, Observation } from "../../src/domain/observation.ts";
import { MINUTE, type Millis } from "../../src/domain/time.ts";
import type { Gallery } from "../gallery.ts";
import { createRandom, type Random } from "../random.ts";
import { hourOfDay } from "../rhythm.ts";
import type { Box, Scene } from "../street-scene.ts";
import type { Site, Town } from "../town.ts";
import { type Actor, numbered, observe, powerFeedOf, round, type SimulatedDevice } from "./actor.ts";
import type { BinActor } from "./bins.ts";

export interface CameraOptions {
  readonly count: number;
  readonly seed: number;
  readonly startAt: Millis;
  /** Share of cameras that hang on a Frigate box; the rest speak the native dialect. */
  readonly frigateShare: number;
  /** Street problems per camera and day; 0 for scenarios whose script brings its own. */
  readonly problemsPerDay: number;
  /** Share of sightings that show nothing real. */
  readonly falseShare: number;
  /** Where pictures of what they saw can be fetched; without one they take none. */
  readonly gallery?: Gallery;
}

/** A problem in view, or what the model takes for one. */
interface Episode {
  readonly category: string;
  readonly eventId: string;
  readonly confidence: number;
  readonly bbox: Box;
  /** False: the model is mistaken, nothing is there. */
  readonly real: boolean;
  endAt: Millis;
  nextAt: Millis;
  started: boolean;
}

const HEARTBEAT_MS = 5 * MINUTE;
const SIGHTING_MS = 2 * MINUTE;
/** Full bins that the camera of their point notices. */
const OVERFLOW_PCT = 100;
/** After a problem is gone the camera looks again, twice. */
const CLEAN_LOOKS_MIN = [2, 13] as const;
const streetCategories = [
  "exposedGarbage",
  "exposedGarbage",
  "exposedGarbage",
  "stackedGoods",
  "stackedGoods",
  "illegalDumping",
];

/** Cameras at the deposit points and, beyond their number, at blind spots. */
export function createCameras(town: Town, bins: readonly BinActor[], options: CameraOptions): Actor[] {
  const binsAt = Map.groupBy(bins, (bin) => bin.pointId);
  return Array.from({ length: options.count }, (_, index) => {
    const blindSpot = index >= town.depositPoints.length;
    const site = town.depositPoints[(blindSpot ? index * 3 : index) % town.depositPoints.length];
    if (!site) throw new RangeError("the district has no deposit points");
    return createCamera(blindSpot ? aside(site) : site, blindSpot ? [] : (binsAt.get(site.id) ?? []), options, index);
  });
}

/** Blind spots lie some 60 m from the next deposit point, out of its camera's view. */
const aside = (site: Site): Site => ({ ...site, lat: site.lat + 0.0004, lon: site.lon + 0.0004 });

function createCamera(site: Site, bins: readonly BinActor[], options: CameraOptions, index: number): Actor {
  const id = numbered("camera", index + 1, 3);
  const random = createRandom(options.seed, id);
  const views = createRandom(options.seed, `${id} views`);
  const frigate = random.next() < options.frigateShare;
  const blindSpot = bins.length === 0;
  const gatewayId = frigate ? `gw-frigate-${site.communityId}` : `gw-cameras-${site.communityId}`;
  const device: SimulatedDevice = {
    id,
    kind: "camera",
    name: `${site.name}${blindSpot ? "旁盲区" : ""}摄像机`,
    dialect: frigate ? "frigate" : "native",
    ...(frigate && { alias: `frigate:${id}` }),
    site,
    gatewayId,
    // A Frigate box says nothing about a camera that sees nothing.
    attributes: {
      gatewayId,
      powerFeed: powerFeedOf(site),
      ...(options.gallery && { pictureUrl: options.gallery.pictureUrl }),
      blindSpot,
      binsInView: bins.length,
      reportEverySeconds: frigate ? 86_400 : HEARTBEAT_MS / 1_000,
    },
  };
  const problemRate = (at: Millis): number => (options.problemsPerDay / 24) * streetBusyness(at);
  let heartbeatAt = options.startAt + Math.floor(random.between(0, HEARTBEAT_MS));
  let problemAt = options.startAt + random.waitMs(problemRate(options.startAt));
  let episodes: Episode[] = [];
  let cleanLooks: Millis[] = [];
  let events = 0;

  const begin = (at: Millis, category: string, minutes: number, confidence: number, real = true): void => {
    events++;
    const eventId = `${id}-${Math.floor(at / 1_000)}-${events}`;
    const bbox = category === "binOverflow" ? aroundBins(bins.length) : somewhere(views);
    const endAt = at + minutes * MINUTE;
    episodes.push({ category, eventId, confidence, bbox, real, nextAt: at, endAt, started: false });
  };
  const watchBins = (at: Millis): void => {
    if (episodes.some((episode) => episode.category === "binOverflow")) return;
    if (bins.some((bin) => bin.fillAt(at) > OVERFLOW_PCT))
      begin(at, "binOverflow", 24 * 60, random.between(0.85, 0.97));
  };
  const sceneOf = ({ bbox, category, real }: Episode, at: Millis): Scene => ({
    camera: id,
    bins: bins.length,
    at,
    category: real ? category : null,
    bbox,
  });
  const look = (at: Millis): Observation[] => {
    const said: Observation[] = [];
    for (const episode of episodes) {
      if (episode.nextAt > at) continue;
      const emptied = episode.category === "binOverflow" && !bins.some((bin) => bin.fillAt(at) > OVERFLOW_PCT);
      const over = emptied || at >= episode.endAt;
      const phase = over ? "end" : episode.started ? "update" : "start";
      if (!over) options.gallery?.saw(episode.eventId, sceneOf(episode, at));
      said.push(observe(device, at, {}, sighting(episode, phase, frigate, random)));
      if (over) cleanLooks = CLEAN_LOOKS_MIN.map((minutes) => at + minutes * MINUTE);
      episode.started = true;
      episode.nextAt = over ? Number.POSITIVE_INFINITY : Math.min(at + SIGHTING_MS, Math.max(episode.endAt, at + 1));
    }
    episodes = episodes.filter((episode) => episode.nextAt !== Number.POSITIVE_INFINITY);
    // The street is clean when nothing is left to be seen, not when the first of two problems is gone.
    if (episodes.length > 0) cleanLooks = [];
    if ((cleanLooks[0] ?? Number.POSITIVE_INFINITY) <= at) {
      cleanLooks.shift();
      events++;
      said.push(
        observe(
          device,
          at,
          {},
          { type: "detection", category: "clean", confidence: 0.95, phase: "pulse", eventId: `${id}-clean-${events}` },
        ),
      );
    }
    return said;
  };

  return {
    device,
    get nextAt() {
      const own = Math.min(heartbeatAt, problemAt, cleanLooks[0] ?? Number.POSITIVE_INFINITY);
      return episodes.reduce((next, episode) => Math.min(next, episode.nextAt), own);
    },
    act(at) {
      const said: Observation[] = [];
      if (heartbeatAt <= at) {
        heartbeatAt = at + HEARTBEAT_MS;
        watchBins(at);
        if (!frigate) said.push(observe(device, at, {}, { type: "presence", online: true }));
      }
      if (problemAt <= at) {
        problemAt = at + Math.max(1, Math.floor(random.waitMs(problemRate(at))));
        const category = blindSpot && random.chance(0.4) ? "illegalDumping" : random.pick(streetCategories);
        if (random.chance(options.falseShare)) begin(at, category, 1, random.between(0.5, 0.82), false);
        else begin(at, category, random.between(20, 90), random.between(0.78, 0.96));
      }
      said.push(...look(at));
      return said;
    },
    command(at, command) {
      if (command.do === "street") begin(at, command.category, command.minutes, command.confidence ?? 0.9);
      if (command.do === "takeAway") for (const episode of episodes) episode.endAt = episode.nextAt = at;
    },
  };
}

/** Street problems are seen mostly from 17 to 23 h, dumping goes on through the night. */
function streetBusyness(at: Millis): number {
  const hour = hourOfDay(at);
  return hour >= 17 && hour < 23 ? 2.4 : hour < 6 ? 0.5 : 0.7;
}

function sighting(episode: Episode, phase: Detection["phase"], frigate: boolean, random: Random): Detection {
  // Frigate knows labels of its model, not our categories.
  const label = frigate ? categories[episode.category as CategoryName]?.labels[0] : undefined;
  return {
    type: "detection",
    category: episode.category,
    ...(label !== undefined && { label }),
    confidence: round(Math.min(0.99, Math.max(0.4, episode.confidence + random.between(-0.02, 0.02))), 2),
    phase,
    eventId: episode.eventId,
    bbox: episode.bbox,
  };
}

const aroundBins = (count: number): Box => [0.04, 0.34, round(0.1 * Math.min(count, 6), 2), 0.32];
const somewhere = (random: Random): Box => [
  round(random.between(0.3, 0.7), 2),
  round(random.between(0.42, 0.56), 2),
  0.22,
  0.26,
];
