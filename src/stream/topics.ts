import type { Center } from "../center/access.ts";
import type { Revised } from "../center/revisions.ts";
import type { Wall } from "../center/walls.ts";
import type { Reader } from "../domain/reach.ts";
import type { Role, Scope } from "../domain/roles.ts";
import { seesPeople, shownId } from "./anonymous.ts";
import { Cells, cellView, touching } from "./cells.ts";
import { crewMatcher, crewView } from "./crew-view.ts";
import { alertMatcher, alertView, deviceMatcher, deviceView, kpiMatcher, markView } from "./projection.ts";
import {
  alertFilter,
  cellFilter,
  crewFilter,
  type DeviceFilter,
  deviceFilter,
  kpiFilter,
  type WallView,
  wallFilter,
} from "./protocol.ts";
import { View } from "./view.ts";

export type AnyView = View<Revised>;
export class UnknownTopic extends Error {}

/** A question asked of a topic, checked: its filter, and how the view that answers it is made. */
export interface Question {
  readonly filter: object;
  /** @param eyes the role whose sight the view has: `dispatcher` or `viewer` */
  open(key: string, eyes: Role): AnyView;
}

/** Who asks. */
export interface Asking extends Reader {
  readonly role: Role;
  readonly tokenId: string;
}

export interface Topic {
  /** Every change reaches the screen, across restarts too. Otherwise the newest state does, at the screen's own pace. */
  readonly lossless: boolean;
  /** @throws ZodError on a filter that does not fit */
  ask(filter: unknown, viewer: Asking): Question;
}

/** What screens can subscribe to. */
export function createTopics(center: Center) {
  /** One count per grid and question, for all views of it; when the last view goes, it goes. */
  const counted = new Map<string, WeakRef<Cells>>();
  const cellsOf = (zoom: number, filter: DeviceFilter, scope: Scope, eyes: Role): Cells => {
    const key = JSON.stringify([zoom, filter, scope, eyes]);
    let cells = counted.get(key)?.deref();
    if (!cells) {
      for (const [other, reference] of counted) if (!reference.deref()) counted.delete(other);
      cells = new Cells(center.subjects, zoom, deviceMatcher(filter, scope, eyes));
      counted.set(key, new WeakRef(cells));
    }
    return cells;
  };
  const topics: Readonly<Record<string, Topic>> = {
    alerts: {
      lossless: true,
      ask(given, reader) {
        const filter = alertFilter.parse(given);
        return {
          filter,
          open: (key, eyes) =>
            anyView(
              new View(key, center.alerts, alertMatcher(filter, reader, center.registry), (alert) =>
                alertView(alert, eyes, center.registry),
              ),
            ),
        };
      },
    },
    kpis: {
      lossless: false,
      ask(given, { scope }) {
        const filter = kpiFilter.parse(given);
        return {
          filter,
          open: (key) => anyView(new View(key, center.tiles, kpiMatcher(filter, scope), (tile) => tile)),
        };
      },
    },
    devices: {
      lossless: false,
      ask(given, { scope }) {
        const filter = deviceFilter.parse(given);
        return {
          filter,
          open: (key, eyes) =>
            anyView(
              new View(
                key,
                center.subjects,
                deviceMatcher(filter, scope, eyes),
                (one) => deviceView(one, eyes),
                ({ device }) => shownId(device, eyes),
              ),
            ),
        };
      },
    },
    marks: {
      lossless: false,
      ask(given, { scope }) {
        const filter = deviceFilter.parse(given);
        return {
          filter,
          open(key, eyes) {
            const matches = deviceMatcher(filter, scope, eyes);
            return anyView(
              new View(
                key,
                center.subjects,
                (one) => one.place !== null && matches(one),
                (one) => markView(one, eyes),
                ({ device }) => shownId(device, eyes),
              ),
            );
          },
        };
      },
    },
    cells: {
      lossless: false,
      ask(given, { scope }) {
        const filter = cellFilter.parse(given);
        const { zoom, bbox, ...devices } = filter;
        return {
          filter,
          open: (key, eyes) =>
            anyView(new View(key, cellsOf(zoom, devices, scope, eyes), touching(bbox, zoom), cellView)),
        };
      },
    },
    crews: {
      lossless: false,
      ask(given, reader) {
        const filter = crewFilter.parse(given);
        return {
          filter,
          open: (key, eyes) =>
            anyView(
              new View(key, center.operations.crews.revisions, crewMatcher(filter, reader), (crew) =>
                crewView(crew, eyes, center.registry),
              ),
            ),
        };
      },
    },
    walls: {
      lossless: false,
      ask(given, { role, tokenId }) {
        const asked = wallFilter.parse(given).id;
        // A wall hears what it is told, not what others are.
        const filter = seesPeople(role) ? { id: asked } : { id: [tokenId] };
        const matches = ({ id }: Wall) => filter.id === undefined || filter.id.includes(id);
        return {
          filter,
          open: (key) =>
            anyView(
              new View(key, center.walls.revisions, matches, ({ id, name, order }): WallView => ({ id, name, order })),
            ),
        };
      },
    },
  };
  return {
    /** @throws UnknownTopic */
    named(name: string): Topic {
      const topic = Object.hasOwn(topics, name) ? topics[name] : undefined;
      if (!topic) throw new UnknownTopic(`there is no topic ${name}; there are ${Object.keys(topics).join(", ")}`);
      return topic;
    },
  };
}

const anyView = <T extends Revised>(view: View<T>): AnyView => view as unknown as AnyView;
