/**
 * GCJ-02 is the obfuscated datum of Chinese base maps: 100 to 700 m off WGS-84 inside China, identical outside. BD-09 is
 * Baidu's, a second obfuscation on top of it.
 */

interface LatLon {
  readonly lat: number;
  readonly lon: number;
}

/** Krasovsky 1940, the ellipsoid the obfuscation is defined on. */
const SEMI_MAJOR_M = 6_378_245;
const ECCENTRICITY_SQUARED = 0.006693421622965943;

function outsideChina({ lat, lon }: LatLon): boolean {
  return lon < 72.004 || lon > 137.8347 || lat < 0.8293 || lat > 55.8271;
}

function waves(value: number, first: number, second: number, third: number): number {
  return (
    ((first * Math.sin(value * Math.PI) + second * Math.sin((value / 3) * Math.PI)) * 2) / 3 +
    (third * Math.sin((value / 12) * Math.PI) * 2) / 3
  );
}

function shift({ lat, lon }: LatLon): LatLon {
  const x = lon - 105;
  const y = lat - 35;
  const common = ((20 * Math.sin(6 * x * Math.PI) + 20 * Math.sin(2 * x * Math.PI)) * 2) / 3;
  const dLat =
    -100 +
    2 * x +
    3 * y +
    0.2 * y * y +
    0.1 * x * y +
    0.2 * Math.sqrt(Math.abs(x)) +
    common +
    ((20 * Math.sin(y * Math.PI) + 40 * Math.sin((y / 3) * Math.PI)) * 2) / 3 +
    ((160 * Math.sin((y / 12) * Math.PI) + 320 * Math.sin((y * Math.PI) / 30)) * 2) / 3;
  const dLon =
    300 +
    x +
    2 * y +
    0.1 * x * x +
    0.1 * x * y +
    0.1 * Math.sqrt(Math.abs(x)) +
    common +
    waves(x, 20, 40, 150) +
    (300 * Math.sin((x / 30) * Math.PI) * 2) / 3;
  const radians = (lat / 180) * Math.PI;
  const magic = 1 - ECCENTRICITY_SQUARED * Math.sin(radians) ** 2;
  const root = Math.sqrt(magic);
  return {
    lat: (dLat * 180) / (((SEMI_MAJOR_M * (1 - ECCENTRICITY_SQUARED)) / (magic * root)) * Math.PI),
    lon: (dLon * 180) / ((SEMI_MAJOR_M / root) * Math.cos(radians) * Math.PI),
  };
}

export function wgs84ToGcj02(lat: number, lon: number): { lat: number; lon: number } {
  if (outsideChina({ lat, lon })) return { lat, lon };
  const by = shift({ lat, lon });
  return { lat: lat + by.lat, lon: lon + by.lon };
}

/** The inverse has no closed form: a few corrections bring it below a centimetre. */
export function gcj02ToWgs84(lat: number, lon: number): { lat: number; lon: number } {
  let guess = { lat, lon };
  for (let i = 0; i < 4; i++) {
    const forward = wgs84ToGcj02(guess.lat, guess.lon);
    guess = { lat: guess.lat + lat - forward.lat, lon: guess.lon + lon - forward.lon };
  }
  return guess;
}

/** Radians per degree as the published formula writes it: degrees times π, by 3,000. */
const BD09_ANGLE = (Math.PI * 3_000) / 180;

export function bd09ToWgs84(lat: number, lon: number): { lat: number; lon: number } {
  if (outsideChina({ lat, lon })) return { lat, lon };
  const x = lon - 0.0065;
  const y = lat - 0.006;
  const radius = Math.hypot(x, y) - 0.00002 * Math.sin(y * BD09_ANGLE);
  const angle = Math.atan2(y, x) - 0.000003 * Math.cos(x * BD09_ANGLE);
  return gcj02ToWgs84(radius * Math.sin(angle), radius * Math.cos(angle));
}

export function wgs84ToBd09(lat: number, lon: number): { lat: number; lon: number } {
  if (outsideChina({ lat, lon })) return { lat, lon };
  const gcj = wgs84ToGcj02(lat, lon);
  const radius = Math.hypot(gcj.lon, gcj.lat) + 0.00002 * Math.sin(gcj.lat * BD09_ANGLE);
  const angle = Math.atan2(gcj.lat, gcj.lon) + 0.000003 * Math.cos(gcj.lon * BD09_ANGLE);
  return { lat: radius * Math.sin(angle) + 0.006, lon: radius * Math.cos(angle) + 0.0065 };
}
