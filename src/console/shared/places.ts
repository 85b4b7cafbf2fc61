import { signal } from "@preact/signals";
import type { FeatureCollection } from "geojson";
import { useEffect } from "preact/hooks";
import type { Text } from "../../domain/text.ts";
import type { AlertView } from "../../stream/protocol.ts";
import { inLanguage } from "./language.ts";
import type { Session } from "./session.ts";

/** How places are called: names of the district's features by their id. */
const names = signal<ReadonlyMap<string, Text | string>>(new Map());
let asked: Promise<FeatureCollection> | null = null;

function learn(district: Promise<FeatureCollection>): void {
  if (asked === district) return;
  asked = district;
  void district.then(({ features }) => {
    const known = new Map<string, Text | string>();
    for (const { id, properties } of features) {
      const { name: given, nameEn } = (properties ?? {}) as { name?: Text | string | null; nameEn?: string | null };
      const name = typeof given === "string" && nameEn ? { zh: given, en: nameEn } : given;
      const key = String(properties?.id ?? id ?? "");
      if (name && key !== "") known.set(key, name);
    }
    names.value = known;
  });
}

export function placeName(id: string | null | undefined): string {
  if (!id) return "";
  const name = names.value.get(id);
  return name === undefined ? id : typeof name === "string" ? name : inLanguage(name);
}

/** Where an alert is, in words: the smallest named place inside the community. */
export function usePlaceNames(session: Pick<Session, "district">): (alert: AlertView) => string {
  useEffect(() => learn(session.district), [session]);
  return ({ place, subjectName }) => {
    if (!place) return "";
    const inside = placeName(place.pointId ?? place.sectionId ?? place.gridId);
    // Many devices are called after their place: it is not said twice.
    const told = inside !== "" && subjectName?.startsWith(inside);
    return [placeName(place.communityId), told ? "" : inside].filter(Boolean).join(" · ");
  };
}
