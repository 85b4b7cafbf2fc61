import type { FeatureCollection } from "geojson";
import { language } from "../shared/language.ts";
import type { ScreenSettings, Session } from "../shared/session.ts";
import type { Live } from "./live.ts";

/** What every part of the wall is given. */
export interface WallParts {
  readonly session: Session;
  readonly live: Live;
  readonly settings: ScreenSettings;
  readonly district: FeatureCollection;
}

/** Names of places of the district in the screen's language; an id without a name stands for itself. */
export const placeName = (parts: Pick<WallParts, "district">, id: string | null | undefined): string =>
  id ? (givenName(parts, id) ?? id) : "";

/** Null when nobody gave it a name. */
export function givenName({ district }: Pick<WallParts, "district">, id: string | null | undefined): string | null {
  const properties = district.features.find(({ properties }) => properties?.id === id)?.properties;
  const name = language.value === "en" ? (properties?.nameEn ?? properties?.name) : properties?.name;
  return typeof name === "string" ? name : null;
}

export const communityIds = ({ district }: Pick<WallParts, "district">): string[] =>
  district.features
    .filter(({ properties }) => properties?.type === "community")
    .map(({ properties }) => String(properties?.id));
