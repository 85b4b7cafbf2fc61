import { signal } from "@preact/signals";

export interface Position {
  readonly lat: number;
  readonly lon: number;
  readonly accuracyM: number;
  /** Of this phone's clock. */
  readonly at: number;
}

/** Where this phone is, as long as its owner allows it. Used for distance and proof; it is not a track. */
export const position = signal<Position | null>(null);

/** An older fix says nothing about a picture taken now. */
const FRESH_MS = 60_000;

export function watchPosition(): () => void {
  if (!("geolocation" in navigator)) return () => {};
  const watch = navigator.geolocation.watchPosition(
    ({ coords, timestamp }) => {
      position.value = { lat: coords.latitude, lon: coords.longitude, accuracyM: coords.accuracy, at: timestamp };
    },
    () => {},
    { enableHighAccuracy: true, maximumAge: 10_000 },
  );
  return () => navigator.geolocation.clearWatch(watch);
}

export function freshPosition(): Position | null {
  const known = position.peek();
  return known && Date.now() - known.at < FRESH_MS ? known : null;
}
