import type { Center } from "../center/access.ts";
import type { Revised } from "../center/revisions.ts";
import type { Reader } from "../domain/reach.ts";
import type { Role } from "../domain/roles.ts";
import { alertMatcher, alertView, deviceMatcher, deviceView } from "./projection.ts";
import { alertFilter, deviceFilter } from "./protocol.ts";
import { View } from "./view.ts";

export type AnyView = View<Revised>;
export class UnknownTopic extends Error {}

/** A question asked of a topic, checked: its filter, and how the view that answers it is made. */
export interface Question {
  readonly filter: object;
  /** @param eyes the role whose sight the view has: `dispatcher` or `viewer` */
  open(key: string, eyes: Role): AnyView;
}

export interface Topic {
  /** Every change reaches the screen, across restarts too. Otherwise the newest state does, at the screen's own pace. */
  readonly lossless: boolean;
  /** @throws ZodError on a filter that does not fit */
  ask(filter: unknown, viewer: Reader & { readonly role: Role }): Question;
}

/** What screens can subscribe to. */
export function createTopics(center: Center) {
  const topics: Readonly<Record<string, Topic>> = {
    alerts: {
      lossless: true,
      ask(given, reader) {
        const filter = alertFilter.parse(given);
        return {
          filter,
          open: (key, eyes) =>
            anyView(new View(key, center.alerts, alertMatcher(filter, reader), (alert) => alertView(alert, eyes))),
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
            anyView(new View(key, center.subjects, deviceMatcher(filter, scope), (one) => deviceView(one, eyes))),
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
